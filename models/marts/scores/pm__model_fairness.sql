{%- set rates = ['selection', 'true_positive', 'false_positive'] -%}
with fairness_counts as (
    select * from {{ ref('ml_pm__fairness_counts') }}
),

fairness_gaps as (
    select * from {{ ref('ml_pm__fairness_gaps') }}
),

fitted_models as (
    select * from {{ ref('ml_pm__fitted_models') }}
),

gaps_side_by_side as (
    select
        model_version,
        group_column,
        group_value
        {%- for rate in rates %}
            ,
            max(case when rate = '{{ rate }}' then value end) as {{ rate }}_rate,
            max(case when rate = '{{ rate }}' then gap end) as {{ rate }}_gap,
            max(case when rate = '{{ rate }}' then gap_lower end)
                as {{ rate }}_gap_lower,
            max(case when rate = '{{ rate }}' then gap_upper end)
                as {{ rate }}_gap_upper
        {%- endfor %}
    from fairness_gaps
    group by model_version, group_column, group_value
),

groups_judged as (
    select
        *,
        customer_count >= {{ var('pm_fairness_min_customers') }} as is_judged,
        chosen_count / cast(customer_count as double) as selection_rate,
        probability_sum / customer_count as mean_probability,
        positive_count / cast(customer_count as double) as observed_rate
    from fairness_counts
),

-- Each group's promises are held against its own outcomes: as many chances as groups.
groups_with_tail as (
    select
        *,
        {{ (1 - var('pm_fairness_confidence')) / 2 }}
        / count(*) over (partition by is_judged) as tail_probability
    from groups_judged
),

groups_with_reach as (
    select
        *,
        {{ pm_normal_quantile('tail_probability') }} as reach
    from groups_with_tail
),

compared as (
    select
        groups_with_reach.*,
        fitted_models.final_model_version,
        gaps.true_positive_rate,
        gaps.false_positive_rate,
        gaps.selection_gap as selection_rate_ratio,
        gaps.selection_gap_lower as selection_rate_ratio_lower,
        gaps.selection_gap_upper as selection_rate_ratio_upper,
        gaps.true_positive_gap as true_positive_rate_gap,
        gaps.true_positive_gap_lower as true_positive_rate_gap_lower,
        gaps.true_positive_gap_upper as true_positive_rate_gap_upper,
        gaps.false_positive_gap as false_positive_rate_gap,
        gaps.false_positive_gap_lower as false_positive_rate_gap_lower,
        gaps.false_positive_gap_upper as false_positive_rate_gap_upper
    from groups_with_reach
    inner join fitted_models
        on groups_with_reach.model_version = fitted_models.model_version
    left join gaps_side_by_side as gaps
        on
            groups_with_reach.model_version = gaps.model_version
            and groups_with_reach.group_column = gaps.group_column
            and groups_with_reach.group_value = gaps.group_value
),

final as (
    select
        target,
        algorithm,
        fold,
        model_version,
        final_model_version,
        evaluation_date,
        group_column,
        group_value,
        cast(customer_count as bigint) as customer_count,
        cast(positive_count as bigint) as positive_count,
        is_judged,
        selection_rate,
        true_positive_rate,
        false_positive_rate,
        mean_probability,
        observed_rate,
        mean_probability - observed_rate as calibration_gap,
        case
            when is_judged
                then
                    mean_probability
                    - {{ pm_wilson_limit(
                        'positive_count', 'customer_count', 'reach', '+'
                    ) }}
        end as calibration_gap_lower,
        case
            when is_judged
                then
                    mean_probability
                    - {{ pm_wilson_limit(
                        'positive_count', 'customer_count', 'reach', '-'
                    ) }}
        end as calibration_gap_upper,
        selection_rate_ratio,
        selection_rate_ratio_lower,
        selection_rate_ratio_upper,
        true_positive_rate_gap,
        true_positive_rate_gap_lower,
        true_positive_rate_gap_upper,
        false_positive_rate_gap,
        false_positive_rate_gap_lower,
        false_positive_rate_gap_upper,
        -- A gap counts where it is too wide and no chance.
        case
            when is_judged
                then
                    not coalesce(
                        selection_rate_ratio < {{ var('pm_fairness_min_ratio') }}
                        and selection_rate_ratio_upper < 1,
                        false
                    )
                    {% for rate in ['true_positive', 'false_positive'] %}
                        and not coalesce(
                            {{ rate }}_rate_gap > {{ var('pm_fairness_max_gap') }}
                            and {{ rate }}_rate_gap_lower > 0,
                            false
                        )
                    {% endfor %}
        end as is_fair
    from compared
)

select * from final
