with candidates as (
    select * from {{ ref('ml_pm__customer_candidates') }}
    where list = 'buy_again'
),

offers as (
    select * from {{ ref('int_pm__recommendation_offers') }}
),

bought as (
    select * from {{ ref('int_pm__recommendation_bought') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

candidates_ranked as (
    select
        candidates.*,
        row_number() over (
            partition by candidates.customer_id
            order by candidates.rank
        ) as place
    from candidates
    inner join offers
        on candidates.item_id = offers.item_id
    inner join bought
        on
            candidates.customer_id = bought.customer_id
            and candidates.item_id = bought.item_id
    cross join as_of
    where bought.last_ordered_at < {{ dbt.dateadd(
        'day', -var('pm_recommendation_rebuy_days'), 'as_of.as_of_date'
    ) }}
),

final as (
    select
        customer_id,
        list,
        place as rank,
        item_id,
        score,
        method,
        model_version
    from candidates_ranked
    where place <= {{ var('pm_recommendation_count') }}
)

select * from final
