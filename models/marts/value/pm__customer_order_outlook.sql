with clv_states as (
    select * from {{ ref('ml_pm__clv_states') }}
    where split = 'score'
),

clv_order_outlook as (
    select * from {{ ref('ml_pm__clv_order_outlook') }}
    where split = 'score'
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

outlook_side_by_side as (
    select
        model,
        repeat_count,
        age_days
        {%- for days in pm_clv_outlook_days() -%}
            ,
            max(case when horizon_days = {{ days }} then expected_orders end)
                as expected_orders_{{ days }}d
        {%- endfor %}
    from clv_order_outlook
    group by model, repeat_count, age_days
),

final as (
    select
        as_of.as_of_date,
        clv_states.customer_id,
        clv_states.model,
        clv_states.repeat_count,
        clv_states.active_days,
        clv_states.age_days,
        clv_states.probability_alive
        {%- for days in pm_clv_outlook_days() -%}
            ,
            clv_states.probability_alive
            * outlook_side_by_side.expected_orders_{{ days }}d
                as expected_orders_{{ days }}d
        {%- endfor -%}
        ,
        clv_states.model_version
    from clv_states
    cross join as_of
    inner join outlook_side_by_side
        on
            clv_states.model = outlook_side_by_side.model
            and clv_states.repeat_count = outlook_side_by_side.repeat_count
            and clv_states.age_days = outlook_side_by_side.age_days
)

select * from final
