with order_lines_checked as (
    select * from {{ ref('stg_pm__order_lines_checked') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

basket_items as (
    select * from {{ ref('int_pm__basket_items') }}
),

oversized_category_baskets as (
    select * from {{ ref('int_pm__basket_categories') }}
    where basket_size > {{ var('pm_basket_max_size') }}
),

items as (
    select * from {{ ref('int_pm__items') }}
),

fold_keys as (
    select * from {{ ref('ml_pm__fold_keys') }}
    where target = 'purchase' and (fold = 'final' or split = 'test')
),

rfm_thresholds as (
    select * from {{ ref('pm__rfm_thresholds') }}
),

segment_model_selection as (
    select * from {{ ref('pm__segment_model_selection') }}
),

recommender_weights as (
    select * from {{ ref('ml_pm__recommender_weights') }}
),

recommender_evaluation as (
    select * from {{ ref('pm__recommender_evaluation') }}
    where method = 'blend'
),

offers as (
    select * from {{ ref('int_pm__recommendation_offers') }}
),

line_shares as (
    select
        count(*) as row_count,
        avg(case when reject_reason is null then 0.0 else 1.0 end) as rejected_share,
        avg(case when customer_id is null then 1.0 else 0.0 end) as anonymous_share
    from order_lines_checked
    where coalesce(reject_reason, '') != 'after_as_of'
),

customers_counted as (
    select
        count(*) as customer_count,
        sum(case when kept_order_count >= 3 then 1 else 0 end) as regular_customer_count
    from customer_facts
),

baskets_counted as (
    select
        count(distinct case when basket_size > 1 then order_id end)
            as multi_item_basket_count,
        count(
            distinct case
                when basket_size > {{ var('pm_basket_max_size') }} then order_id
            end
        ) as oversized_basket_count,
        sum(case when basket_size > {{ var('pm_basket_max_size') }} then 1 else 0 end)
            as oversized_basket_item_count
    from basket_items
),

names_known as (
    select item_id as name
    from items

    union distinct

    select category as name
    from items
),

excluded_names_counted as (
    select
        {{ var('pm_basket_excluded_items') | unique | list | length }} - count(*)
            as unknown_excluded_count
    from names_known
    where {{ pm_is_excluded_from_baskets('name', 'name') }}
),

outcomes_counted as (
    select
        -- People, not snapshots: one buyer seen on four days is one witness.
        count(distinct customer_id) filter (where fold = 'final' and label = 1)
            as train_buyer_count,
        count(distinct customer_id) filter (where fold = 'final' and label = 0)
            as train_non_buyer_count,
        count(distinct customer_id) filter (where fold = 'origin_1')
            as test_customer_count,
        count(distinct customer_id) filter (where fold = 'origin_1' and label = 1)
            as test_buyer_count
    from fold_keys
),

history as (
    select
        coalesce(
            {{ pm_calendar_days_between('first_order_date', 'as_of_date') }}, 0
        ) as history_days,
        coalesce(
            {{ pm_calendar_days_between('last_order_date', 'as_of_date') }}, 0
        ) as days_since_last_order
    from as_of
),

cut_points_counted as (
    select count(*) as cut_point_count
    from rfm_thresholds
),

fallbacks_counted as (
    select sum(case when is_fallback then 1 else 0 end) as fallback_count
    from segment_model_selection
),

-- Of the two lists the one with fewer customers.
blends_counted as (
    select min(customer_count) as fitted_customer_count
    from recommender_weights
),

lists_judged_counted as (
    select
        case
            when count(distinct list) = 2 then min(customer_count)
            else 0
        end as judged_customer_count
    from recommender_evaluation
),

offers_counted as (
    select count(*) as offer_count
    from offers
),

requirements as (
    {% for requirement in pm_readiness_requirements() %}
        select
            '{{ requirement.capability }}' as capability,
            '{{ requirement.requirement }}' as requirement,
            coalesce(cast({{ requirement.observed }} as double), 0) as observed,
            cast({{ requirement.required }} as double) as required,
            {{ requirement.is_floor }} as is_floor,
            '{{ requirement.severity }}' as severity
        from {{ requirement.relation }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

advice as (
    select * from {{ ref('pm_readiness_advice') }}
),

final as (
    select
        as_of.as_of_date,
        requirements.capability,
        requirements.requirement,
        requirements.observed,
        requirements.required,
        case
            when
                requirements.is_floor
                and requirements.observed >= requirements.required
                then 'ok'
            when
                not requirements.is_floor
                and requirements.observed <= requirements.required
                then 'ok'
            else requirements.severity
        end as status,
        advice.advice_{{ var('pm_language') }} as advice
    from requirements
    cross join as_of
    left join advice
        on
            requirements.capability = advice.capability
            and requirements.requirement = advice.requirement
)

select * from final
