{#- rate -> who is counted, among whom, and which end of it is the best off -#}
{%- set rates = {
    'selection': ('chosen_count', 'customer_count', 'desc'),
    'true_positive': ('chosen_positive_count', 'positive_count', 'desc'),
    'false_positive': (
        'chosen_count - chosen_positive_count', 'customer_count - positive_count', 'asc'
    ),
} -%}
with fairness_counts as (
    select * from {{ ref('ml_pm__fairness_counts') }}
),

rates_counted as (
    {% for rate, (counted, total, _) in rates.items() %}
        select
            model_version,
            group_column,
            group_value,
            '{{ rate }}' as rate,
            {{ counted }} as case_count,
            {{ total }} as total_count
        from fairness_counts
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

rates_judged as (
    select
        *,
        case_count / cast(total_count as double) as value,
        count(*) over (partition by model_version, group_column, rate) as group_count
    from rates_counted
    where total_count >= {{ var('pm_fairness_min_customers') }}
),

-- Any two groups might have been the best off and the one compared with it, of each
-- model, column and rate: so many chances has chance (Bonferroni).
rates_with_tail as (
    select
        *,
        {{ (1 - var('pm_fairness_confidence')) / 2 }}
        / greatest(sum((group_count - 1) / 2.0) over (), 1) as tail_probability
    from rates_judged
),

rates_with_reach as (
    select
        *,
        {{ pm_normal_quantile('tail_probability') }} as reach
    from rates_with_tail
),

rates_bounded as (
    select
        *,
        {{ pm_wilson_limit('case_count', 'total_count', 'reach', '-') }} as lower,
        {{ pm_wilson_limit('case_count', 'total_count', 'reach', '+') }} as upper,
        row_number() over (
            partition by model_version, group_column, rate
            order by
                {% for rate, (_, _, direction) in rates.items() %}
                    case when rate = '{{ rate }}' then value end {{ direction }},
                {% endfor %}
                group_value asc
        ) as best_rank
    from rates_with_reach
),

best_off as (
    select * from rates_bounded
    where best_rank = 1
),

paired as (
    select
        rates_bounded.*,
        best_off.value as best_value,
        best_off.lower as best_lower,
        best_off.upper as best_upper,
        best_off.case_count + 0.5 as best_cases,
        best_off.total_count + 0.5 as best_total,
        rates_bounded.case_count + 0.5 as own_cases,
        rates_bounded.total_count + 0.5 as own_total
    from rates_bounded
    inner join best_off
        on
            rates_bounded.model_version = best_off.model_version
            and rates_bounded.group_column = best_off.group_column
            and rates_bounded.rate = best_off.rate
),

-- Of a ratio the interval on its logarithm with half a case more of each (Walter 1975),
-- of a difference the one made of both groups' own score intervals (Newcombe 1998,
-- method 10): both are defined where nobody or everybody was chosen.
spreads as (
    select
        *,
        ln(own_cases / own_total) - ln(best_cases / best_total) as log_ratio,
        reach
        * sqrt(1 / own_cases - 1 / own_total + 1 / best_cases - 1 / best_total)
            as log_ratio_reach,
        sqrt(
            power(value - lower, 2) + power(best_upper - best_value, 2)
        ) as reach_down,
        sqrt(
            power(upper - value, 2) + power(best_value - best_lower, 2)
        ) as reach_up
    from paired
),

final as (
    select
        model_version,
        group_column,
        group_value,
        rate,
        value,
        case
            when rate = 'selection' then value / nullif(best_value, 0)
            when rate = 'true_positive' then best_value - value
            when rate = 'false_positive' then value - best_value
        end as gap,
        -- The group best off is compared with nobody.
        case
            when best_rank = 1 then null
            when rate = 'selection' then exp(log_ratio - log_ratio_reach)
            when rate = 'true_positive' then best_value - value - reach_up
            when rate = 'false_positive' then value - best_value - reach_down
        end as gap_lower,
        case
            when best_rank = 1 then null
            when rate = 'selection' then exp(log_ratio + log_ratio_reach)
            when rate = 'true_positive' then best_value - value + reach_down
            when rate = 'false_positive' then value - best_value + reach_up
        end as gap_upper
    from spreads
)

select * from final
