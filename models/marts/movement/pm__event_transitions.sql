with event_chain as (
    select * from {{ ref('ml_pm__event_chain') }}
),

final as (
    select
        from_event,
        to_event,
        model_version,
        move_count,
        from_count,
        probability,
        lower,
        upper,
        purchase_probability
    from event_chain
)

select * from final
