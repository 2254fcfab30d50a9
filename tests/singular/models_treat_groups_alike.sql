{{ config(severity=var('pm_fairness_severity')) }}
-- Groups of pm_fairness_columns that a model in use chooses, or recognises, much less
-- often than the group best off, and less often than chance explains.
select
    target,
    group_column,
    group_value,
    customer_count,
    selection_rate_ratio,
    true_positive_rate_gap,
    false_positive_rate_gap
from {{ ref('pm__model_fairness') }}
where not is_fair
