with fitted_models as (
    select * from {{ ref('ml_pm__fitted_models') }}
),

model_comparison as (
    select * from {{ ref('ml_pm__model_comparison') }}
),

segment_models as (
    select * from {{ ref('ml_pm__segment_models') }}
),

segment_selection as (
    select * from {{ ref('ml_pm__segment_selection') }}
),

clv_models as (
    select * from {{ ref('ml_pm__clv_models') }}
),

clv_order_models as (
    select * from {{ ref('ml_pm__clv_order_models') }}
),

clv_spend_models as (
    select * from {{ ref('ml_pm__clv_spend_models') }}
),

clv_calendar as (
    select * from {{ ref('int_pm__clv_calendar') }}
),

model_folds as (
    select * from {{ ref('int_pm__model_folds') }}
    where split = 'train'
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

last_training_days as (
    select
        fold,
        max(as_of_date) as trained_as_of
    from model_folds
    group by fold
),

scores_registered as (
    select
        fitted_models.model_version,
        fitted_models.target,
        fitted_models.algorithm,
        case
            when fitted_models.fold != 'final' then 'backtest'
            when model_comparison.is_champion then 'champion'
            else 'candidate'
        end as stage,
        last_training_days.trained_as_of,
        fitted_models.train_rows as row_count,
        fitted_models.feature_count,
        case
            when fitted_models.algorithm = 'baseline' then fitted_models.status_code
            else 1
        end as status_code
    from fitted_models
    left join model_comparison
        on fitted_models.model_version = model_comparison.model_version
    left join last_training_days
        on fitted_models.fold = last_training_days.fold
),

segments_registered as (
    select
        segment_models.model_version,
        'segment' as target,
        segment_models.algorithm,
        case when segment_selection.is_champion then 'champion' else 'candidate' end
            as stage,
        as_of.as_of_date as trained_as_of,
        max(
            case when segment_models.feature = 'row_count' then segment_models.value end
        ) as row_count,
        sum(case when segment_models.component = 'center' then 1 else 0 end)
            as feature_count,
        1 as status_code
    from segment_models
    inner join segment_selection
        on segment_models.model_version = segment_selection.model_version
    cross join as_of
    group by
        segment_models.model_version,
        segment_models.algorithm,
        segment_selection.is_champion,
        as_of.as_of_date
),

value_registered as (
    select
        clv_models.model_version,
        'value' as target,
        clv_models.model as algorithm,
        -- Gamma-Gamma goes with whichever model counts the orders.
        case
            when coalesce(clv_order_models.is_champion, true) then 'champion'
            else 'candidate'
        end as stage,
        clv_calendar.as_of_date as trained_as_of,
        max(
            case
                when clv_models.parameter = 'customer_count' then clv_models.value
            end
        ) as row_count,
        sum(case when clv_models.component = 'parameter' then 1 else 0 end)
            as feature_count,
        max(
            case when clv_models.parameter = 'status_code' then clv_models.value end
        ) as status_code
    from clv_models
    left join clv_order_models
        on clv_models.model_version = clv_order_models.model_version
    inner join clv_calendar
        on clv_calendar.split = 'test'
    group by
        clv_models.model_version,
        clv_models.model,
        clv_order_models.is_champion,
        clv_calendar.as_of_date
),

spend_registered as (
    select
        clv_spend_models.model_version,
        clv_spend_models.target,
        clv_spend_models.algorithm,
        'candidate' as stage,
        clv_calendar.as_of_date as trained_as_of,
        max(
            case
                when clv_spend_models.feature = 'train_rows' then clv_spend_models.value
            end
        ) as row_count,
        sum(case when clv_spend_models.component = 'coefficient' then 1 else 0 end)
            as feature_count,
        max(
            case
                when clv_spend_models.feature = 'status_code'
                    then clv_spend_models.value
            end
        ) as status_code
    from clv_spend_models
    inner join clv_calendar
        on clv_calendar.split = 'train'
    group by
        clv_spend_models.model_version,
        clv_spend_models.target,
        clv_spend_models.algorithm,
        clv_calendar.as_of_date
),

united as (
    select * from scores_registered
    union all
    select * from segments_registered
    union all
    select * from value_registered
    union all
    select * from spend_registered
),

final as (
    select
        model_version,
        target,
        algorithm,
        stage,
        trained_as_of,
        cast(row_count as bigint) as row_count,
        cast(feature_count as integer) as feature_count,
        case when status_code = 1 then 'ok' else 'insufficient_data' end as status,
        '{{ pm_project_version() }}' as code_version
    from united
)

select * from final
