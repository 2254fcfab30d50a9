with candidates as (
    select * from {{ ref('ml_pm__discover_candidates') }}
),

fallbacks as (
    select * from {{ ref('ml_pm__discover_fallbacks') }}
),

pool as (
    select
        customer_id,
        item_id,
        category,
        1 as tier,
        place,
        method,
        score,
        model_version,
        is_outside_price_band
    from candidates

    union all

    select
        customer_id,
        item_id,
        category,
        case tier when 'segment' then 2 when 'country' then 3 else 4 end as tier,
        place,
        case
            when tier = 'overall' then 'popularity'
            else tier || '_popularity'
        end as method,
        cast(null as double) as score,
        cast(null as string) as model_version,
        is_outside_price_band
    from fallbacks
),

-- An item may be in the pool four times: its best place counts.
pool_ranked as (
    select
        *,
        row_number() over (
            partition by customer_id, item_id
            order by tier
        ) as occurrence
    from pool
),

categories_ranked as (
    select
        *,
        row_number() over (
            partition by customer_id, category
            order by is_outside_price_band, tier, place
        ) as category_place
    from pool_ranked
    where occurrence = 1
),

rules_judged as (
    select
        *,
        {{ pm_is_over_category_maximum('category', 'category_place') }}
            as is_over_category_maximum
    from categories_ranked
),

-- Nothing is dropped here: what breaks a rule comes after all that keeps it, and is
-- reached only where the list would stay short.
ranked as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by is_over_category_maximum, is_outside_price_band, tier, place
        ) as rank
    from rules_judged
),

final as (
    select
        customer_id,
        'discover' as list,
        rank,
        item_id,
        score,
        method,
        case
            when is_over_category_maximum then 'category_maximum'
            when is_outside_price_band then 'price_band'
        end as waived_rule,
        model_version
    from ranked
    where rank <= {{ var('pm_recommendation_count') }}
)

select * from final
