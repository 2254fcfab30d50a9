{%- set word = 'word_' ~ var('pm_language') -%}
with segment_models as (
    select * from {{ ref('ml_pm__segment_models') }}
),

champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
),

segment_words as (
    select * from {{ ref('pm_segment_words') }}
),

-- Centroids are in standard deviations from the average customer.
levels as (
    select
        segment_models.segment_id,
        segment_models.feature,
        case
            when segment_models.value > {{ var('pm_segment_level_threshold') }}
                then 'high'
            when segment_models.value < -{{ var('pm_segment_level_threshold') }}
                then 'low'
            else 'middle'
        end as level
    from segment_models
    inner join champion
        on segment_models.model_version = champion.model_version
    where segment_models.component = 'centroid'
),

names as (
    select
        levels.segment_id
        {%- for position in [1, 2, 3] -%}
            ,
            max(
                case
                    when segment_words.position = {{ position }}
                        then segment_words.{{ word }}
                end
            ) as word_{{ position }}
        {%- endfor %}
    from levels
    inner join segment_words
        on
            levels.feature = segment_words.feature
            and levels.level = segment_words.level
    group by levels.segment_id
),

names_composed as (
    select
        segment_id,
        {% if var('pm_language') == 'zh' %}
            word_1 || '，' || word_2 || '，' || word_3 as segment_name
        {% else %}
            upper(left(word_1, 1)) || substr(word_1, 2)
            || ' ' || word_2 || ', ' || word_3 as segment_name
        {% endif %}
    from names
),

names_numbered as (
    select
        segment_id,
        segment_name,
        row_number() over (partition by segment_name order by segment_id) as name_number
    from names_composed
),

final as (
    select
        cast(segment_id as integer) as segment_id,
        case
            when name_number = 1 then segment_name
            else segment_name || ' (' || cast(name_number as string) || ')'
        end as segment_name
    from names_numbered
)

select * from final
