-- The method of a scored item adds to its score: its weight is above 0, and for those
-- whose scores are explained so is its term. blend stands only where none does.
with recommendations as (
    select * from {{ ref('pm__customer_recommendations') }}
    where score is not null
),

weights as (
    select * from {{ ref('ml_pm__recommender_weights') }}
),

terms as (
    select * from {{ ref('ml_pm__candidate_terms') }}
),

highest_terms as (
    select
        list,
        customer_id,
        item_id,
        max(term) as highest_term
    from terms
    group by list, customer_id, item_id
)

select
    recommendations.customer_id,
    recommendations.list,
    recommendations.item_id,
    recommendations.method,
    weights.weight,
    terms.term,
    highest_terms.highest_term
from recommendations
left join weights
    on
        recommendations.list = weights.list
        and recommendations.method = weights.method
left join terms
    on
        recommendations.list = terms.list
        and recommendations.customer_id = terms.customer_id
        and recommendations.item_id = terms.item_id
        and recommendations.method = terms.method
left join highest_terms
    on
        recommendations.list = highest_terms.list
        and recommendations.customer_id = highest_terms.customer_id
        and recommendations.item_id = highest_terms.item_id
where
    case
        when recommendations.method = 'blend' then highest_terms.highest_term > 0
        else coalesce(weights.weight, 0) <= 0 or terms.term <= 0
    end
