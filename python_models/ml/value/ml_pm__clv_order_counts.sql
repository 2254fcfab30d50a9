{#- The flags follow from the rest; in it, a filter on them comes before the sums. -#}
{%- set state -%}
    model, split, repeat_count, age_days, horizon_days, has_interval, is_champion
{%- endset -%}
with clv_histories as (
    select * from {{ ref('int_pm__clv_histories') }}
    where split in ('test', 'score')
),

clv_horizons as (
    select * from {{ ref('int_pm__clv_horizons') }}
),

clv_order_models as (
    select * from {{ ref('ml_pm__clv_order_models') }}
    where is_usable
),

-- Given that someone is still a customer, when the last order was tells nothing more.
states as (
    select distinct
        split,
        repeat_count,
        age_days
    from clv_histories
),

-- Someone who never leaves makes a negative binomial number of orders; someone who may
-- leave goes on after each of them only if a coin says stay. Beta coins and gamma rates
-- do not know of each other.
states_ahead as (
    select
        clv_order_models.model,
        states.split,
        states.repeat_count,
        states.age_days,
        clv_horizons.horizon_days,
        clv_horizons.month_number,
        clv_horizons.has_interval,
        clv_order_models.is_champion,
        clv_order_models.a,
        clv_order_models.b
        + states.repeat_count
        + clv_order_models.first_chances as stays,
        clv_order_models.r + states.repeat_count as shape,
        clv_horizons.horizon_days
        / (clv_order_models.alpha_days + states.age_days + clv_horizons.horizon_days)
            as share
    from states
    inner join clv_horizons
        on states.split = clv_horizons.split
    inner join clv_order_models
        on states.split = 'test' or clv_order_models.is_champion
),

-- So far the series goes: nine standard deviations above the mean, and as many orders
-- more as make its geometric tail smaller than 1e-13.
terms as (
    select
        *,
        {{ pm_integers_up_to(
            'ceil(shape * share / (1 - share) + 9 * sqrt(shape * share) / (1 - share)'
            ' - 32 / ln(share))'
        ) }} as order_count
    from states_ahead
),

steps as (
    select
        *,
        case
            when order_count = 0 then shape * ln(1 - share)
            else ln((shape + order_count - 1) * share / order_count)
        end as log_count_step,
        case
            when order_count > 1
                then ln((stays + order_count - 2) / (a + stays + order_count - 2))
            else 0
        end as log_stay_step
    from terms
),

logs_cumulated as (
    select
        *,
        sum(log_count_step) over (
            partition by {{ state }} order by order_count
            rows between unbounded preceding and current row
        ) as log_count_probability,
        sum(log_stay_step) over (
            partition by {{ state }} order by order_count
            rows between unbounded preceding and current row
        ) as log_stay_probability
    from steps
),

fewer_cumulated as (
    select
        *,
        coalesce(
            sum(exp(log_count_probability)) over (
                partition by {{ state }} order by order_count
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as fewer_probability
    from logs_cumulated
),

final as (
    select
        model,
        split,
        repeat_count,
        age_days,
        horizon_days,
        month_number,
        has_interval,
        is_champion,
        order_count,
        exp(log_stay_probability) * greatest(1 - fewer_probability, 0)
            as at_least_probability
    from fewer_cumulated
)

select * from final
