{{ config(materialized='view') }}
with score_keys as (
    select * from {{ ref('ml_pm__score_keys') }}
),

champions as (
    select * from {{ ref('ml_pm__model_comparison') }}
    where is_champion
),

algorithms as (
    select * from {{ ref('pm_algorithms') }}
),

final as (
    select
        champions.model_version,
        champions.algorithm,
        algorithms.scored_by,
        score_keys.target,
        score_keys.kind,
        score_keys.as_of_date,
        score_keys.customer_id
    from score_keys
    inner join champions
        on score_keys.target = champions.target
    inner join algorithms
        on champions.algorithm = algorithms.algorithm
)

select * from final
