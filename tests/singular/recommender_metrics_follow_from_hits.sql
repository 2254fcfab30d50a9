-- Hits counted again from the public order lines, without the folds: what was bought in
-- the days after evaluation_date and not sent back within them, of customers who bought
-- before. Sums of hits over all customers have to give the published precision.
with evaluation as (
    select * from {{ ref('pm__recommender_evaluation') }}
),

days as (
    select distinct
        evaluation_date,
        cast({{ dbt.dateadd(
            'day', var('pm_recommendation_test_days'), 'evaluation_date'
        ) }} as date) as end_date
    from evaluation
),

lists as (
    select * from {{ ref('ml_pm__recommender_lists') }}
),

customers_judged as (
    select distinct
        list,
        customer_id
    from {{ ref('ml_pm__recommender_customer_metrics') }}
    where segment != 'no_order'
),

returns_in_time as (
    select
        return_matches.sale_order_line_id as order_line_id,
        sum(return_matches.quantity) as quantity
    from {{ ref('int_pm__return_matches') }} as return_matches
    inner join days
        on return_matches.returned_at < days.end_date
    group by return_matches.sale_order_line_id
),

items_bought as (
    select distinct
        order_lines.customer_id,
        order_lines.item_id
    from {{ ref('pm__order_lines') }} as order_lines
    inner join days
        on
            order_lines.ordered_at >= days.evaluation_date
            and order_lines.ordered_at < days.end_date
    left join returns_in_time
        on order_lines.order_line_id = returns_in_time.order_line_id
    where
        not order_lines.is_return
        and order_lines.customer_id is not null
        and order_lines.quantity > coalesce(returns_in_time.quantity, 0)
),

hits_counted as (
    select
        evaluation.method,
        evaluation.list,
        evaluation.k,
        count(items_bought.item_id) as hit_count
    from evaluation
    inner join customers_judged
        on evaluation.list = customers_judged.list
    left join lists
        on
            evaluation.method = lists.method
            and evaluation.list = lists.list
            and evaluation.k >= lists.rank
            and customers_judged.customer_id = lists.customer_id
    left join items_bought
        on
            lists.customer_id = items_bought.customer_id
            and lists.item_id = items_bought.item_id
    group by evaluation.method, evaluation.list, evaluation.k
)

select
    evaluation.method,
    evaluation.list,
    evaluation.k,
    evaluation.precision,
    hits_counted.hit_count
from evaluation
left join hits_counted
    on
        evaluation.method = hits_counted.method
        and evaluation.list = hits_counted.list
        and evaluation.k = hits_counted.k
where
    hits_counted.hit_count is null
    or abs(
        evaluation.precision
        - hits_counted.hit_count
        / cast(evaluation.k * evaluation.customer_count as double)
    ) > 1e-9
