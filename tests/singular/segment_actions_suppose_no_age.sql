-- Actions go by how often and for how much a segment buys, not by how long it has been
-- there: rare buyers are new ones and old ones alike, and a welcome is wrong for most.
{%- set ages = {
    'action_en': ['welcome', 'first order', 'second order', 'new customer'],
    'action_zh': ['欢迎', '首单', '第二单', '新客'],
} %}
select
    rate_level,
    value_level,
    action_en,
    action_zh
from {{ ref('pm_segment_actions') }}
where
    {% for language, words in ages.items() %}
        {% set is_last_language = loop.last %}
        {% for word in words %}
            position('{{ word }}' in lower({{ language }})) > 0
            {{ 'or' if not (loop.last and is_last_language) }}
        {% endfor %}
    {% endfor %}
