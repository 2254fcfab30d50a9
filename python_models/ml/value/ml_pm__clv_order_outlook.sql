with clv_order_counts as (
    select * from {{ ref('ml_pm__clv_order_counts') }}
),

orders_expected as (
    select
        model,
        split,
        repeat_count,
        age_days,
        horizon_days,
        month_number,
        -- So that the order in which terms are added up leaves no trace.
        round(
            sum(case when order_count > 0 then at_least_probability else 0 end), 10
        ) as expected_orders
    from clv_order_counts
    group by model, split, repeat_count, age_days, horizon_days, month_number
),

months_stepped as (
    select
        *,
        (
            expected_orders
            - coalesce(
                lag(expected_orders) over (
                    partition by model, split, repeat_count, age_days
                    order by month_number
                ),
                0
            )
        )
        / power(1 + {{ var('pm_clv_discount_rate') }}, month_number / 12.0)
            as discounted_step
    from orders_expected
    where month_number is not null
),

months_discounted as (
    select
        model,
        split,
        repeat_count,
        age_days,
        horizon_days,
        sum(discounted_step) over (
            partition by model, split, repeat_count, age_days
            order by month_number
            rows between unbounded preceding and current row
        ) as discounted_orders
    from months_stepped
),

final as (
    select
        orders_expected.model,
        orders_expected.split,
        orders_expected.repeat_count,
        orders_expected.age_days,
        orders_expected.horizon_days,
        orders_expected.month_number,
        orders_expected.expected_orders,
        round(months_discounted.discounted_orders, 10) as discounted_orders
    from orders_expected
    left join months_discounted
        on
            orders_expected.model = months_discounted.model
            and orders_expected.split = months_discounted.split
            and orders_expected.repeat_count = months_discounted.repeat_count
            and orders_expected.age_days = months_discounted.age_days
            and orders_expected.horizon_days = months_discounted.horizon_days
)

select * from final
