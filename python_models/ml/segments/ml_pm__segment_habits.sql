{#- On the log scale, as segments are made: in euros a few large customers make
everybody else look average. -#}
{%- set habits = {'rate': 'ln(orders_per_year)', 'value': 'ln(1 + order_value)'} -%}
with segment_measures as (
    select * from {{ ref('int_pm__segment_measures') }}
),

segment_distances as (
    select * from {{ ref('ml_pm__segment_distances') }}
),

customers_measured as (
    select
        segment_distances.fitted_segment_id
        {%- for habit, expression in habits.items() -%}
            ,
            {{ expression }} as {{ habit }}
        {%- endfor %}
    from segment_measures
    inner join segment_distances
        on segment_measures.customer_id = segment_distances.customer_id
),

everyone_summed as (
    select
        1 as is_only_row
        {%- for habit in habits -%}
            ,
            avg({{ habit }}) as mean_{{ habit }},
            stddev_pop({{ habit }}) as deviation_{{ habit }}
        {%- endfor %}
    from customers_measured
),

segments_summed as (
    select
        fitted_segment_id
        {%- for habit in habits -%}
            ,
            avg({{ habit }}) as mean_{{ habit }}
        {%- endfor %}
    from customers_measured
    group by fitted_segment_id
),

-- Rounded, since a sum of doubles ends in digits that depend on the threads.
segments_compared as (
    select
        segments_summed.fitted_segment_id
        {%- for habit in habits -%}
            ,
            coalesce(
                round(
                    (
                        segments_summed.mean_{{ habit }}
                        - everyone_summed.mean_{{ habit }}
                    )
                    / nullif(round(everyone_summed.deviation_{{ habit }}, 9), 0),
                    6
                ),
                0
            ) as {{ habit }}_z_score
        {%- endfor %}
    from segments_summed
    cross join everyone_summed
),

final as (
    select
        fitted_segment_id
        {%- for habit in habits -%}
            ,
            {{ habit }}_z_score,
            {{ pm_segment_level(habit ~ '_z_score') }} as {{ habit }}_level
        {%- endfor %}
    from segments_compared
)

select * from final
