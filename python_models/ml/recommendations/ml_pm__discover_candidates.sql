with candidates as (
    select * from {{ ref('ml_pm__customer_candidates') }}
    where list = 'discover'
),

offers as (
    select * from {{ ref('int_pm__recommendation_offers') }}
),

shoppers as (
    select * from {{ ref('int_pm__recommendation_shoppers') }}
),

bought as (
    select * from {{ ref('int_pm__recommendation_bought') }}
),

final as (
    select
        candidates.customer_id,
        candidates.item_id,
        candidates.rank as place,
        candidates.score,
        candidates.method,
        candidates.model_version,
        offers.category,
        {{ pm_is_outside_price_band('offers.unit_price', 'shoppers.usual_price') }}
            as is_outside_price_band
    from candidates
    inner join offers
        on candidates.item_id = offers.item_id
    inner join shoppers
        on candidates.customer_id = shoppers.customer_id
    left join bought
        on
            candidates.customer_id = bought.customer_id
            and candidates.item_id = bought.item_id
    where bought.item_id is null
)

select * from final
