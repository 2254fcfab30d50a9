{%- set item_methods = [
    'cosine', 'jaccard', 'tfidf', 'bm25', 'rules', 'content', 'embedding'
] -%}
-- Scores of a hundred customers' candidates anew in SQL: what each method says, where
-- purchases, neighbours and items tell, what it adds to the blend, and the sum.
with terms as (
    select * from {{ ref('ml_pm__candidate_terms') }}
),

weights as (
    select * from {{ ref('ml_pm__recommender_weights') }}
),

candidates as (
    select * from {{ ref('ml_pm__customer_candidates') }}
),

neighbours as (
    select * from {{ ref('ml_pm__item_neighbours') }}
),

purchases as (
    select * from {{ ref('int_pm__recommendation_purchases') }}
    where fold = 'final'
),

items as (
    select * from {{ ref('int_pm__recommendation_items') }}
    where fold = 'final'
),

calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
    where fold = 'final'
),

neighbour_sums as (
    select
        terms.list,
        terms.customer_id,
        terms.item_id,
        terms.method,
        sum((1 + ln(purchases.order_count)) * neighbours.similarity) as method_score
    from terms
    inner join neighbours
        on
            terms.method = neighbours.method
            and terms.item_id = neighbours.item_id
    inner join purchases
        on
            terms.customer_id = purchases.customer_id
            and neighbours.similar_item_id = purchases.item_id
    group by terms.list, terms.customer_id, terms.item_id, terms.method
),

terms_expected as (
    select
        terms.list,
        terms.customer_id,
        terms.item_id,
        terms.method,
        terms.method_score,
        terms.term,
        weights.weight,
        weights.scale,
        case
            when
                terms.method in (
                    {% for method in item_methods %}
                        '{{ method }}'{{ ',' if not loop.last }}
                    {% endfor %}
                )
                then coalesce(neighbour_sums.method_score, 0)
            when terms.method = 'popularity' then items.customer_count
            when terms.method = 'trending' then items.new_customer_count_30d
            when terms.method = 'recent_popularity' then items.customer_count_30d
            when terms.method = 'personal_frequency' then purchases.order_count
            when terms.method = 'personal_recency'
                then
                    30 / (
                        30
                        + {{ pm_days_between(
                            'purchases.last_ordered_at', 'calendar.as_of_date'
                        ) }}
                    )
            else terms.method_score
        end as expected_method_score
    from terms
    cross join calendar
    left join weights
        on
            terms.list = weights.list
            and terms.method = weights.method
            and terms.model_version = weights.model_version
    left join items
        on terms.item_id = items.item_id
    left join purchases
        on
            terms.customer_id = purchases.customer_id
            and terms.item_id = purchases.item_id
    left join neighbour_sums
        on
            terms.list = neighbour_sums.list
            and terms.customer_id = neighbour_sums.customer_id
            and terms.item_id = neighbour_sums.item_id
            and terms.method = neighbour_sums.method
),

scores_expected as (
    select
        list,
        customer_id,
        item_id,
        sum(weight * ln(1 + expected_method_score / scale)) as expected_score
    from terms_expected
    group by list, customer_id, item_id
),

customers_explained as (
    select distinct
        list,
        customer_id
    from terms
)

select
    list,
    customer_id,
    item_id,
    method as what,
    expected_method_score as expected,
    method_score as found
from terms_expected
where
    abs(expected_method_score - method_score)
    > 1e-9 * greatest(1, abs(method_score))
    or abs(weight * ln(1 + expected_method_score / scale) - term) > 1e-9
    -- A term without its weight or its item would compare nothing.
    or expected_method_score is null
    or weight is null

union all

select
    candidates.list,
    candidates.customer_id,
    candidates.item_id,
    'score' as what,
    scores_expected.expected_score as expected,
    candidates.score as found
from candidates
inner join customers_explained
    on
        candidates.list = customers_explained.list
        and candidates.customer_id = customers_explained.customer_id
left join scores_expected
    on
        candidates.list = scores_expected.list
        and candidates.customer_id = scores_expected.customer_id
        and candidates.item_id = scores_expected.item_id
where
    scores_expected.item_id is null
    or abs(scores_expected.expected_score - candidates.score) > 1e-9
