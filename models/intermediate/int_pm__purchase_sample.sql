with purchase_snapshots as (
    select * from {{ ref('int_pm__purchase_snapshots') }}
),

rows_ranked as (
    select
        *,
        row_number() over (
            partition by split
            order by md5(customer_id), customer_id, as_of_date
        ) as sampling_rank
    from purchase_snapshots
    where split != 'score'
),

final as (
    select
        as_of_date,
        customer_id,
        split,
        label,
        recency_days
        {%- for feature in pm_purchase_features() -%}
            ,
            {{ feature }}
        {%- endfor %}
    from rows_ranked
    where sampling_rank <= {{ var('pm_training_rows_max') }}
)

select * from final
