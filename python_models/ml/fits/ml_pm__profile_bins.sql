with model_parameters as (
    select * from {{ ref('ml_pm__model_parameters') }}
),

champions as (
    select * from {{ ref('ml_pm__model_comparison') }}
    where is_champion
),

edges as (
    select
        model_version,
        feature,
        row_number() over (
            partition by model_version, feature order by position
        ) as bin,
        value as lower,
        lead(value) over (
            partition by model_version, feature order by position
        ) as upper
    from model_parameters
    where component = 'profile_edge'
),

shares as (
    select
        model_version,
        feature,
        row_number() over (partition by model_version, feature order by position) - 1
            as bin,
        value as training_share
    from model_parameters
    where component = 'profile_share'
),

-- Bin 0 is no value and has no bounds.
final as (
    select
        champions.target,
        shares.model_version,
        shares.feature,
        shares.bin,
        edges.lower,
        edges.upper,
        shares.training_share
    from shares
    inner join champions
        on shares.model_version = champions.model_version
    left join edges
        on
            shares.model_version = edges.model_version
            and shares.feature = edges.feature
            and shares.bin = edges.bin
)

select * from final
