with bins_counted as (
    select * from {{ ref('ml_pm__drift_counts') }}
),

champions as (
    select * from {{ ref('ml_pm__model_comparison') }}
    where is_champion
),

fitted_models as (
    select * from {{ ref('ml_pm__fitted_models') }}
),

fold_keys as (
    select * from {{ ref('ml_pm__fold_keys') }}
    where fold = 'origin_1' and split = 'test'
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

-- The share of positives as two bins: on the newest day judged, and in what the fit
-- judged there had learned from. The fit in use has learned from that day itself.
label_rates as (
    select
        champions.target,
        champions.model_version,
        fitted_models.train_positives / fitted_models.train_rows as training_rate,
        sum(case when fold_keys.label > 0 then 1 else 0 end) as positive_count,
        sum(case when fold_keys.label > 0 then 0 else 1 end) as negative_count
    from champions
    inner join fitted_models
        on champions.model_version = fitted_models.final_model_version
    inner join fold_keys
        on
            fitted_models.target = fold_keys.target
            and fitted_models.fold = fold_keys.fold
    where fitted_models.train_rows > 0
    group by
        champions.target,
        champions.model_version,
        fitted_models.train_positives,
        fitted_models.train_rows
),

bins as (
    select
        target,
        model_version,
        case when feature = 'prediction' then 'score' else 'feature' end as subject,
        feature,
        bin,
        training_share,
        customer_count
    from bins_counted

    union all

    select
        target,
        model_version,
        'label' as subject,
        'label' as feature,
        1 as bin,
        training_rate as training_share,
        positive_count as customer_count
    from label_rates

    union all

    select
        target,
        model_version,
        'label' as subject,
        'label' as feature,
        0 as bin,
        1 - training_rate as training_share,
        negative_count as customer_count
    from label_rates
),

bins_totalled as (
    select
        *,
        sum(customer_count) over (partition by model_version, subject, feature)
            as subject_count
    from bins
),

-- An empty bin counts as a ten-thousandth, where the logarithm has no end.
shares as (
    select
        *,
        greatest(training_share, 0.0001) as expected,
        greatest(
            customer_count / cast(nullif(subject_count, 0) as double), 0.0001
        ) as actual
    from bins_totalled
),

indices as (
    select
        target,
        model_version,
        subject,
        feature,
        cast(sum(customer_count) as bigint) as customer_count,
        cast(
            sum(cast((actual - expected) * ln(actual / expected) as decimal(38,15)))
            as double
        ) as psi
    from shares
    group by target, model_version, subject, feature
),

final as (
    select
        as_of.as_of_date,
        indices.target,
        indices.model_version,
        indices.subject,
        indices.feature,
        indices.customer_count,
        indices.psi,
        case
            when indices.psi >= {{ var('pm_drift_alert') }} then 'alert'
            when indices.psi >= {{ var('pm_drift_warn') }} then 'warn'
            when indices.psi is not null then 'ok'
            else 'not_judged'
        end as status
    from indices
    cross join as_of
)

select * from final
