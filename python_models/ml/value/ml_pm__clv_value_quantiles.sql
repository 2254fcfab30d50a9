{#- Nine equally likely values of a standard normal: its quantiles at 1/18, 3/18 ... -#}
{%- set normal_points = [
    -1.5932188180, -0.9674215661, -0.5894557914, -0.2822161470, 0,
    0.2822161470, 0.5894557914, 0.9674215661, 1.5932188180
] -%}
{#- Numbers of orders that are rarer: together they move no percent up to 90. -#}
{%- set negligible = '1e-4' -%}
{%- set state -%}
    model, split, repeat_count, age_days, horizon_days
{%- endset -%}
with clv_order_counts as (
    select * from {{ ref('ml_pm__clv_order_counts') }}
    where has_interval and is_champion
),

value_model as (
    select * from {{ ref('ml_pm__clv_value_model') }}
    where is_usable
),

counts_exact as (
    select
        *,
        at_least_probability
        - coalesce(
            lead(at_least_probability) over (
                partition by {{ state }} order by order_count
            ),
            0
        ) as probability
    from clv_order_counts
),

-- Orders of a customer are gamma with a rate of the customer's own, itself gamma.
counts_shaped as (
    select
        counts_exact.*,
        value_model.p,
        value_model.p * greatest(counts_exact.order_count, 1) as sum_shape,
        value_model.q + value_model.p * counts_exact.repeat_count as rate_shape
    from counts_exact
    cross join value_model
    where counts_exact.probability > {{ negligible }}
),

-- What so many orders bring over what one is expected to: mean and variance of the
-- logarithm are exact, its shape is taken for normal.
counts_valued as (
    select
        *,
        ln((rate_shape - 1) / p)
        + {{ pm_digamma('sum_shape') }}
        - {{ pm_digamma('rate_shape') }} as log_mean,
        sqrt({{ pm_trigamma('sum_shape') }} + {{ pm_trigamma('rate_shape') }})
            as log_deviation
    from counts_shaped
),

points as (
    select
        {{ state }},
        order_count,
        0 as point,
        0.0 as value_in_orders,
        probability as weight
    from counts_valued
    where order_count = 0

    {% for point in normal_points %}
        union all

        select
            {{ state }},
            order_count,
            {{ loop.index }} as point,
            exp(log_mean + {{ point }} * log_deviation) as value_in_orders,
            probability / {{ loop.length }} as weight
        from counts_valued
        where order_count > 0
    {% endfor %}
),

points_cumulated as (
    select
        *,
        sum(weight) over (
            partition by {{ state }}
            order by value_in_orders asc, order_count asc, point asc
            rows between unbounded preceding and current row
        ) as cumulated_weight,
        sum(weight) over (partition by {{ state }}) as total_weight
    from points
),

-- Percents that a point is the first to reach.
points_ranged as (
    select
        *,
        floor(round(100 * (cumulated_weight - weight) / total_weight, 9))
            as percent_before,
        floor(round(100 * cumulated_weight / total_weight, 9)) as percent_reached
    from points_cumulated
),

final as (
    select
        {{ state }},
        cast(
            percent_before
            + 1
            + {{ pm_integers_up_to('percent_reached - percent_before - 1') }}
            as bigint
        ) as percent,
        round(value_in_orders, 10) as value_in_orders
    from points_ranged
    where percent_reached > percent_before
)

select * from final
