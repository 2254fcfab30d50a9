-- Actions go by how often and for how much a segment buys, not by how long it has been
-- there: rare buyers are new ones and old ones alike, and a welcome is wrong for most.
{%- set ages = {
    'action_en': ['welcome', 'first order', 'second order', 'new customer'],
    'action_zh': ['欢迎', '首单', '第二单', '新客'],
} -%}
{%- set conditions = [] -%}
{%- for language, words in ages.items() -%}
    {%- for word in words -%}
        {%- set place = "position('" ~ word ~ "' in lower(" ~ language ~ "))" -%}
        {%- do conditions.append(place ~ ' > 0') -%}
    {%- endfor -%}
{%- endfor %}
select
    rate_level,
    value_level,
    action_en,
    action_zh
from {{ ref('pm_segment_actions') }}
where {{ conditions | join(' or ') }}
