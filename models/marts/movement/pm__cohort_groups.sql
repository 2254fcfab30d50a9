with cohort_customers as (
    {% for dimension in ['country', 'channel', 'category'] %}
        select
            customer_id,
            cohort_month,
            'first_{{ dimension }}' as dimension,
            first_{{ dimension }} as dimension_value
        from {{ ref('int_pm__cohort_customers') }}
        where first_{{ dimension }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

cohort_months as (
    select * from {{ ref('int_pm__cohort_months') }}
),

cohorts as (
    {{ pm_cohort_table(
        'cohort_customers', 'cohort_months', by=['dimension', 'dimension_value']
    ) }}
),

final as (
    select
        dimension,
        dimension_value,
        cohort_month,
        period,
        customer_count,
        active_count,
        retention_rate,
        net_revenue,
        cumulative_revenue_per_customer
    from cohorts
)

select * from final
