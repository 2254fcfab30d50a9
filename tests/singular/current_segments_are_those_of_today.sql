-- The last spell of each customer says what the tables of today say.
with today as (
    select
        'rfm' as scheme,
        customer_id,
        rfm_segment as segment
    from {{ ref('pm__rfm_scores') }}
    where {{ var('pm_enable_segments') }}

    union all

    select
        'lifecycle' as scheme,
        customer_id,
        lifecycle_state as segment
    from {{ ref('pm__customer_lifecycle') }}

    union all

    select
        'cluster' as scheme,
        customer_id,
        segment_name as segment
    from {{ ref('pm__customer_segments') }}
),

history as (
    select
        scheme,
        customer_id,
        segment
    from {{ ref('pm__segment_history') }}
    where is_current
)

select
    coalesce(today.scheme, history.scheme) as scheme,
    coalesce(today.customer_id, history.customer_id) as customer_id,
    today.segment as segment_today,
    history.segment as segment_in_history
from today
full outer join history
    on
        today.scheme = history.scheme
        and today.customer_id = history.customer_id
where coalesce(today.segment != history.segment, true)
