{#
Whether a method is the same list of popular items for everybody: of all times or of
the last 30 days. The better of the two is what lift_over_popularity compares with.

    where {{ pm_is_popularity_method('method') }}
#}
{% macro pm_is_popularity_method(method) -%}
    {{ method }} in ('popularity', 'recent_popularity')
{%- endmacro %}
