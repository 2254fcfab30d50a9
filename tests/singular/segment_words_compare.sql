-- A level says how far a segment is from the average customer, not how much it has:
-- four in five orders on the main channel are very few where all others have nearly
-- five. A word that says "only" or "never" would be a false one.
{%- set absolutes = {
    'word_en': [
        ' only ', ' always ', ' never ', ' hardly ', ' wholly ', ' nearly ', ' all ',
        ' full ', ' next to nothing ', ' lives on ', ' several ', ' mixed ',
    ],
    'word_zh': ['只', '从不', '几乎', '完全', '均购买', '单一', '全新', '混合', '多渠道'],
} -%}
{%- set conditions = [] -%}
{%- for language, words in absolutes.items() -%}
    {%- for word in words -%}
        {%- do conditions.append("position('" ~ word ~ "' in " ~ language ~ ") > 0") -%}
    {%- endfor -%}
{%- endfor %}
with segment_words as (
    select
        feature,
        level,
        ' ' || word_en || ' ' as word_en,
        word_zh
    from {{ ref('pm_segment_words') }}
)

select
    feature,
    level,
    word_en,
    word_zh
from segment_words
where {{ conditions | join(' or ') }}
