with cohort_customers as (
    select * from {{ ref('int_pm__cohort_customers') }}
),

cohort_months as (
    select * from {{ ref('int_pm__cohort_months') }}
),

cohorts as (
    {{ pm_cohort_table('cohort_customers', 'cohort_months') }}
),

final as (
    select
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
