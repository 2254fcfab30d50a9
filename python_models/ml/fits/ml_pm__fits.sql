with fold_keys as (
    select * from {{ ref('ml_pm__fold_keys') }}
    where split = 'train'
),

score_keys as (
    select * from {{ ref('ml_pm__score_keys') }}
),

-- Customers without a past to learn from still get a row that says so.
final as (
    select
        target,
        kind,
        fold
    from fold_keys

    union distinct

    select
        target,
        kind,
        'final' as fold
    from score_keys
)

select * from final
