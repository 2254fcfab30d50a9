with keys_to_score as (
    select * from {{ ref('ml_pm__keys_to_score') }}
),

feature_matrix as (
    select * from {{ ref('int_pm__feature_matrix') }}
),

linear_parameters as (
    select * from {{ ref('ml_pm__linear_parameters') }}
),

final as (
    {{ pm_linear_scores('keys_to_score', 'feature_matrix', 'linear_parameters') }}
)

select
    model_version,
    target,
    kind,
    as_of_date,
    customer_id,
    {{ pm_prediction_of_line('score', 'kind') }} as prediction
from final
