{%- set most_words = 3 -%}
with segment_history as (
    select * from {{ ref('ml_pm__segment_history') }}
),

champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
),

segment_words as (
    select * from {{ ref('pm_segment_words') }}
),

segments_numbered as (
    select
        segment_history.model_version,
        segment_history.segment_id as fitted_segment_id,
        max(
            case
                when segment_history.component = 'number' then segment_history.value
            end
        ) as segment_id,
        max(
            case
                when segment_history.component = 'overlap' then segment_history.value
            end
        ) as overlap_with_previous,
        max(segment_history.text_value) as levels
    from segment_history
    inner join champion
        on segment_history.model_version = champion.model_version
    where segment_history.component in ('number', 'overlap', 'levels')
    group by segment_history.model_version, segment_history.segment_id
),

words_chosen as (
    select
        segments_numbered.fitted_segment_id,
        segment_words.word_en,
        segment_words.word_zh,
        row_number() over (
            partition by segments_numbered.fitted_segment_id
            order by segment_words.position asc
        ) as word_rank
    from segments_numbered
    inner join segment_words
        on
            position(
                '|' || segment_words.feature || '=' || segment_words.level || '|'
                in segments_numbered.levels
            ) > 0
),

names_composed as (
    select
        fitted_segment_id
        {%- for language, mark in [('en', ', '), ('zh', '，')] -%}
            ,
            max(case when word_rank = 1 then word_{{ language }} end)
            {%- for rank in range(2, most_words + 1) %}
                || coalesce(
                    '{{ mark }}'
                    || max(
                        case when word_rank = {{ rank }} then word_{{ language }} end
                    ),
                    ''
                )
            {%- endfor %} as name_{{ language }}
        {%- endfor %}
    from words_chosen
    group by fitted_segment_id
),

names_written as (
    select
        segments_numbered.fitted_segment_id,
        cast(segments_numbered.segment_id as integer) as segment_id,
        upper(left(names_composed.name_en, 1)) || substr(names_composed.name_en, 2)
            as name_en,
        names_composed.name_zh,
        segments_numbered.overlap_with_previous
    from segments_numbered
    inner join names_composed
        on segments_numbered.fitted_segment_id = names_composed.fitted_segment_id

    union all

    -- What a density model calls noise is nobody's segment, and still somebody.
    select
        0 as fitted_segment_id,
        0 as segment_id,
        'Outside every segment' as name_en,
        '不属于任何分群' as name_zh,
        null as overlap_with_previous
    from champion
    where is_density
),

names_counted as (
    select
        *,
        row_number() over (
            partition by name_{{ var('pm_language') }} order by segment_id
        ) as name_number
    from names_written
),

final as (
    select
        fitted_segment_id,
        segment_id,
        case
            when name_number = 1 then name_{{ var('pm_language') }}
            else
                name_{{ var('pm_language') }}
                || ' (' || cast(name_number as string) || ')'
        end as segment_name,
        overlap_with_previous
    from names_counted
)

select * from final
