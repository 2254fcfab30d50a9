with customer_snapshots as (
    select * from {{ ref('int_pm__customer_snapshots') }}
),

labels_purchase as (
    select * from {{ ref('int_pm__labels_purchase') }}
),

-- What the latest origin learned from and is judged on, and today.
days_used as (
    select
        as_of_date,
        split
    from {{ ref('int_pm__model_folds') }}
    where fold = 'origin_1' or split = 'score'
),

final as (
    select
        customer_snapshots.as_of_date,
        customer_snapshots.customer_id,
        days_used.split,
        cast(labels_purchase.label as integer) as label,
        customer_snapshots.recency_days
        {%- for feature, expression in pm_purchase_features().items() -%}
            ,
            cast({{ expression }} as double) as {{ feature }}
        {%- endfor %}
    from customer_snapshots
    inner join days_used
        on customer_snapshots.as_of_date = days_used.as_of_date
    inner join labels_purchase
        on
            customer_snapshots.as_of_date = labels_purchase.as_of_date
            and customer_snapshots.customer_id = labels_purchase.customer_id
)

select * from final
