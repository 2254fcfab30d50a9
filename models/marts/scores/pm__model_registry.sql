with purchase_models as (
    select * from {{ ref('ml_pm__purchase_models') }}
),

segment_models as (
    select * from {{ ref('ml_pm__segment_models') }}
),

segment_selection as (
    select * from {{ ref('ml_pm__segment_selection') }}
),

model_folds as (
    select * from {{ ref('int_pm__model_folds') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

last_training_day as (
    select max(as_of_date) as trained_as_of
    from model_folds
    where fold = 'origin_1' and split = 'train'
),

purchase_registered as (
    select
        purchase_models.model_version,
        purchase_models.target,
        purchase_models.algorithm,
        'champion' as stage,
        last_training_day.trained_as_of,
        max(
            case
                when purchase_models.feature = 'train_rows' then purchase_models.value
            end
        ) as row_count,
        sum(case when purchase_models.component = 'coefficient' then 1 else 0 end)
            as feature_count,
        max(
            case
                when purchase_models.feature = 'status_code' then purchase_models.value
            end
        ) as status_code
    from purchase_models
    cross join last_training_day
    group by
        purchase_models.model_version,
        purchase_models.target,
        purchase_models.algorithm,
        last_training_day.trained_as_of
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

united as (
    select * from purchase_registered
    union all
    select * from segments_registered
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
