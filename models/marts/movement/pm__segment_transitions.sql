with transition_models as (
    select * from {{ ref('ml_pm__transition_models') }}
    where fit = 'all'
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

starts as (
    select
        scheme,
        from_segment,
        max(case when component = 'start_count' then value end) as start_count,
        max(case when component = 'mean_revenue' then value end) as mean_revenue
    from transition_models
    where component in ('start_count', 'mean_revenue')
    group by scheme, from_segment
),

moves as (
    select
        model_version,
        scheme,
        from_segment,
        to_segment
        {%- for component in [
            'move_count', 'probability', 'probability_lower', 'probability_upper',
        ] -%}
            ,
            max(case when component = '{{ component }}' then value end)
                as {{ component }}
        {%- endfor %}
    from transition_models
    where to_segment != ''
    group by model_version, scheme, from_segment, to_segment
),

final as (
    select
        as_of.as_of_date,
        moves.scheme,
        moves.from_segment,
        moves.to_segment,
        moves.model_version,
        cast(moves.move_count as bigint) as customer_count,
        cast(starts.start_count as bigint) as from_customer_count,
        moves.probability,
        moves.probability_lower as lower,
        moves.probability_upper as upper,
        cast(starts.mean_revenue as decimal(18,2)) as expected_month_revenue
    from moves
    inner join starts
        on
            moves.scheme = starts.scheme
            and moves.from_segment = starts.from_segment
    cross join as_of
    where starts.start_count > 0
)

select * from final
