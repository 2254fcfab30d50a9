{#
Retention and revenue of cohorts: a query, one row per `by` columns, cohort_month and
period, periods in which nobody came included.

    {{ pm_cohort_table('cohort_customers', 'cohort_months', by=['dimension', 'value']) }}

`customers` has customer_id, cohort_month and the `by` columns, `months` is like
int_pm__cohort_months.
#}
{% macro pm_cohort_table(customers, months, by=[]) %}
with cohorts_sized as (
    select
        {% for column in by %}
            {{ column }},
        {% endfor %}
        cohort_month,
        count(*) as customer_count
    from {{ customers }}
    group by {{ (by + ['cohort_month']) | join(', ') }}
),

oldest_cohort as (
    select min(cohort_month) as cohort_month
    from {{ customers }}
),

-- From the calendar: in a small shop there are months in which no cohort came.
periods as (
    select
        {{ pm_integers_up_to(
            dbt.datediff('oldest_cohort.cohort_month', 'as_of.as_of_date', 'month')
        ) }} as period
    from oldest_cohort
    cross join {{ ref('int_pm__as_of') }} as as_of
),

months_summed as (
    select
        {% for column in by %}
            customers.{{ column }},
        {% endfor %}
        customers.cohort_month,
        months.period,
        sum(months.is_active) as active_count,
        sum(months.net_revenue) as net_revenue
    from {{ months }} as months
    inner join {{ customers }} as customers
        on months.customer_id = customers.customer_id
    group by
        {% for column in by %}
            customers.{{ column }},
        {% endfor %}
        customers.cohort_month,
        months.period
),

-- Up to the month of the last day looked at, which may still be running.
cells as (
    select
        cohorts_sized.*,
        cast(periods.period as integer) as period
    from cohorts_sized
    cross join periods
    cross join {{ ref('int_pm__as_of') }} as as_of
    where
        {{ dbt.dateadd(
            'month', 'cast(periods.period as integer)', 'cohorts_sized.cohort_month'
        ) }}
        < as_of.as_of_date
)

select
    {% for column in by %}
        cells.{{ column }},
    {% endfor %}
    cells.cohort_month,
    cells.period,
    cast(cells.customer_count as bigint) as customer_count,
    cast(coalesce(months_summed.active_count, 0) as bigint) as active_count,
    cast(coalesce(months_summed.active_count, 0) as double) / cells.customer_count
        as retention_rate,
    cast(coalesce(months_summed.net_revenue, 0) as decimal(18,2)) as net_revenue,
    cast(
        sum(coalesce(months_summed.net_revenue, 0)) over (
            partition by {% for column in by %}cells.{{ column }}, {% endfor %}cells.cohort_month
            order by cells.period
            rows between unbounded preceding and current row
        )
        / cells.customer_count
        as decimal(18,2)
    ) as cumulative_revenue_per_customer
from cells
left join months_summed
    on
        cells.cohort_month = months_summed.cohort_month
        and cells.period = months_summed.period
        {% for column in by %}
            and cells.{{ column }} = months_summed.{{ column }}
        {% endfor %}
{% endmacro %}
