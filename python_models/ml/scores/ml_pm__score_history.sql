{{ config(
    materialized='incremental',
    unique_key='as_of_date',
    full_refresh=false,
    on_schema_change='append_new_columns',
    post_hook="{{ pm_forget_scores() }}",
) }}
{%- set gap = var('pm_label_gap_days') -%}
{%- set horizon = var('pm_horizon_days') -%}
with as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

champion_scores as (
    select * from {{ ref('ml_pm__champion_scores') }}
    where prediction is not null
),

targets as (
    select * from {{ ref('int_pm__targets') }}
),

erasures as (
    select * from {{ ref('stg_pm__erasures') }}
),

days_kept as (
    {% if is_incremental() %}
        select distinct as_of_date from {{ this }}
    {% else %}
        select as_of_date from as_of
        where false
    {% endif %}
),

-- A day is kept when the last one before it is long enough ago, and anew each time it
-- is built.
days_to_keep as (
    select
        as_of.as_of_date,
        cast({{ dbt.dateadd('day', gap, 'as_of.as_of_date') }} as date)
            as label_start_date,
        cast({{ dbt.dateadd(
            'day', gap + horizon, 'as_of.as_of_date'
        ) }} as date) as label_end_date
    from as_of
    left join days_kept
        on
            as_of.as_of_date > days_kept.as_of_date
            and as_of.as_of_date < {{ dbt.dateadd(
                'day', var('pm_score_history_step_days'), 'days_kept.as_of_date'
            ) }}
    where
        days_kept.as_of_date is null
        and {{ var('pm_score_history_days') }} > 0
),

final as (
    select
        champion_scores.as_of_date,
        champion_scores.target,
        champion_scores.kind,
        targets.category,
        champion_scores.customer_id,
        champion_scores.algorithm,
        champion_scores.model_version,
        champion_scores.prediction,
        champion_scores.baseline_prediction,
        days_to_keep.label_start_date,
        days_to_keep.label_end_date
    from champion_scores
    inner join days_to_keep
        on champion_scores.as_of_date = days_to_keep.as_of_date
    inner join targets
        on champion_scores.target = targets.target
    left join erasures
        on champion_scores.customer_id = erasures.customer_id
    where erasures.customer_id is null
)

select * from final
