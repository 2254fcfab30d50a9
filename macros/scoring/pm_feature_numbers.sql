{#
A query with one row per feature: its name and its number, the first being 1.

    {{ pm_feature_numbers() }}
#}
{% macro pm_feature_numbers() %}
    {% for feature in pm_features() %}
        select
            '{{ feature }}' as feature,
            {{ loop.index }} as feature_number
        {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}
