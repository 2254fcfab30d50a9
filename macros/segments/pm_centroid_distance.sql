{#
The Euclidean distance of a customer to a centroid in scaled units; null where the
champion has no such segment.

    {{ pm_centroid_distance(2) }}
    -> sqrt(power((log_order_value - mean_log_order_value) / scale_log_order_value
        - centroid_2_log_order_value, 2) + ...)
#}
{% macro pm_centroid_distance(segment) %}
    {% set terms = [] %}
    {% for feature in pm_segment_features() %}
        {% do terms.append(
            'power((' ~ feature ~ ' - mean_' ~ feature ~ ') / scale_' ~ feature
            ~ ' - centroid_' ~ segment ~ '_' ~ feature ~ ', 2)'
        ) %}
    {% endfor %}
    {% do return('sqrt(' ~ terms | join(' + ') ~ ')') %}
{% endmacro %}
