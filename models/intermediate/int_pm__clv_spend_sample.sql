with clv_histories as (
    select * from {{ ref('int_pm__clv_histories') }}
    where split = 'train'
),

customers_ranked as (
    select
        *,
        row_number() over (order by md5(customer_id), customer_id) as sampling_rank
    from clv_histories
),

final as (
    select
        split,
        as_of_date,
        customer_id,
        case when outcome_value > 0 then 1 else 0 end as label,
        cast(outcome_value as double) as spend
        {%- for feature in pm_spend_features() -%}
            ,
            {{ feature }}
        {%- endfor %}
    from customers_ranked
    where sampling_rank <= {{ var('pm_training_rows_max') }}
)

select * from final
