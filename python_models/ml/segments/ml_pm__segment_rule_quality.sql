{#- The rules were found on a sample; this is what they are worth on everyone. -#}
with segment_rules as (
    select * from {{ ref('ml_pm__segment_rules') }}
),

segment_measures as (
    select * from {{ ref('int_pm__segment_measures') }}
),

segment_distances as (
    select * from {{ ref('ml_pm__segment_distances') }}
),

bounds as (
    select
        fitted_segment_id as rule_segment_id
        {%- for measure in pm_segment_measures() -%}
            {%- for bound in ['lower_bound', 'upper_bound', 'fill_value'] -%}
                ,
                max(case when measure = '{{ measure }}' then {{ bound }} end)
                    as {{ measure }}_{{ bound }}
            {%- endfor -%}
        {%- endfor %}
    from segment_rules
    group by fitted_segment_id
),

customers_judged as (
    select
        bounds.rule_segment_id,
        case
            when
                segment_distances.fitted_segment_id = bounds.rule_segment_id
                then 1
            else 0
        end
            as is_member,
        case
            when
            {% for measure in pm_segment_measures() %}
                    {%- set value -%}
                        coalesce(
                            segment_measures.{{ measure }}, bounds.{{ measure }}_fill_value
                        )
                    {%- endset -%}
                    (
                        bounds.{{ measure }}_lower_bound is null
                        or {{ value }} > bounds.{{ measure }}_lower_bound
                    )
                    and (
                        bounds.{{ measure }}_upper_bound is null
                        or {{ value }} <= bounds.{{ measure }}_upper_bound
                    )
                    {{ 'and' if not loop.last }}
            {% endfor %}
                then 1
            else 0
        end as is_match
    from segment_distances
    inner join segment_measures
        on segment_distances.customer_id = segment_measures.customer_id
    cross join bounds
),

final as (
    select
        rule_segment_id as fitted_segment_id,
        cast(sum(is_match) as bigint) as match_count,
        cast(sum(is_match * is_member) as double) / nullif(sum(is_match), 0)
            as rule_precision,
        cast(sum(is_match * is_member) as double) / nullif(sum(is_member), 0)
            as rule_recall
    from customers_judged
    group by rule_segment_id
)

select * from final
