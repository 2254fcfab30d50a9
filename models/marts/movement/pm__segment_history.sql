with segment_spells as (
    select * from {{ ref('ml_pm__segment_spells') }}
),

final as (
    select
        scheme,
        customer_id,
        segment,
        valid_from,
        valid_to,
        valid_to is null as is_current
    from segment_spells
)

select * from final
