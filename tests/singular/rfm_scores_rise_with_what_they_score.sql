-- Equal values score equally, and a better value never scores lower: fewer days since
-- the last order, more orders, more revenue.
with values_scored as (
    {% for measure, score, better in [
        ('recency_days', 'r_score', '-recency_days'),
        ('frequency', 'f_score', 'frequency'),
        ('monetary', 'm_score', 'monetary'),
    ] %}
        select
            as_of_date,
            '{{ measure }}' as measure,
            cast({{ better }} as double) as goodness,
            min({{ score }}) as lowest_score,
            max({{ score }}) as highest_score
        from {{ ref('pm__rfm_scores') }}
        group by as_of_date, {{ measure }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

values_in_order as (
    select
        *,
        lag(highest_score) over (
            partition by as_of_date, measure order by goodness
        ) as highest_score_of_worse
    from values_scored
)

select *
from values_in_order
where
    lowest_score != highest_score
    or lowest_score < highest_score_of_worse
