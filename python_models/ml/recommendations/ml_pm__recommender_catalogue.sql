with customer_metrics as (
    select * from {{ ref('ml_pm__recommender_customer_metrics') }}
),

recommender_lists as (
    select * from {{ ref('ml_pm__recommender_lists') }}
),

items as (
    select * from {{ ref('int_pm__recommendation_items') }}
    where fold = 'evaluate'
),

customers as (
    select * from {{ ref('int_pm__recommendation_customers') }}
    where fold = 'evaluate'
),

customers_counted as (
    select count(*) as customer_count
    from customers
),

items_counted as (
    select count(*) as recommendable_item_count
    from items
    where is_recommendable
),

-- Bits of surprise: an item that one in eight customers has bought is worth three.
items_weighed as (
    select
        items.item_id,
        cast(
            log2(
                cast(customers_counted.customer_count as double)
                / greatest(items.customer_count, 1)
            )
            as decimal(18,12)
        ) as surprise
    from items
    cross join customers_counted
    where customers_counted.customer_count > 0
),

items_shown as (
    select
        customer_metrics.method,
        customer_metrics.list,
        customer_metrics.k,
        customer_metrics.segment,
        recommender_lists.item_id,
        count(*) as shown_count
    from recommender_lists
    inner join customer_metrics
        on
            recommender_lists.method = customer_metrics.method
            and recommender_lists.list = customer_metrics.list
            and recommender_lists.customer_id = customer_metrics.customer_id
            and recommender_lists.rank <= customer_metrics.k
    group by
        customer_metrics.method,
        customer_metrics.list,
        customer_metrics.k,
        customer_metrics.segment,
        recommender_lists.item_id
),

shown_by_segment as (
    select * from items_shown

    union all

    select
        method,
        list,
        k,
        'all' as segment,
        item_id,
        sum(shown_count) as shown_count
    from items_shown
    where segment != 'no_order'
    group by method, list, k, item_id
),

final as (
    select
        shown_by_segment.method,
        shown_by_segment.list,
        shown_by_segment.k,
        shown_by_segment.segment,
        count(*)
        / cast(nullif(items_counted.recommendable_item_count, 0) as double) as coverage,
        cast(sum(shown_by_segment.shown_count * items_weighed.surprise) as double)
        / cast(sum(shown_by_segment.shown_count) as double) as novelty
    from shown_by_segment
    inner join items_weighed
        on shown_by_segment.item_id = items_weighed.item_id
    cross join items_counted
    group by
        shown_by_segment.method,
        shown_by_segment.list,
        shown_by_segment.k,
        shown_by_segment.segment,
        items_counted.recommendable_item_count
)

select * from final
