-- The SQL scorer and Python, from the same rows, on every sampled customer.
with assignments as (
    select * from {{ ref('ml_pm__segment_assignments') }}
),

distances as (
    select * from {{ ref('ml_pm__segment_distances') }}
)

select
    assignments.customer_id,
    assignments.segment_id as segment_id_in_python,
    distances.fitted_segment_id as segment_id_in_sql,
    assignments.distance as distance_in_python,
    distances.distance as distance_in_sql
from assignments
left join distances
    on
        assignments.customer_id = distances.customer_id
        and assignments.model_version = distances.model_version
where
    distances.customer_id is null
    -- A customer halfway between two segments may go either way by the last digit.
    or (
        assignments.segment_id != distances.fitted_segment_id
        and abs(assignments.distance - assignments.second_distance) > 1e-9
    )
    or abs(assignments.distance - distances.distance) > 1e-9
    or abs(assignments.second_distance - distances.second_distance) > 1e-9
    or (
        assignments.is_outlier != distances.is_outlier
        and assignments.segment_id = distances.fitted_segment_id
    )
