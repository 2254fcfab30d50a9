{#
The Euclidean distance of a customer to a point in scaled units; null where the champion
has no such point. The point's columns begin with `prefix`.

    {{ pm_centroid_distance('centroid_2') }}
    -> sqrt(power((log_order_value - center_log_order_value) / scale_log_order_value
        - centroid_2_log_order_value, 2) + ...)
#}
{% macro pm_centroid_distance(prefix) %}
    {% set terms = [] %}
    {% for feature in pm_segment_features() %}
        {% do terms.append(
            'power((' ~ feature ~ ' - center_' ~ feature ~ ') / scale_' ~ feature
            ~ ' - ' ~ prefix ~ '_' ~ feature ~ ', 2)'
        ) %}
    {% endfor %}
    {% do return('sqrt(' ~ terms | join(' + ') ~ ')') %}
{% endmacro %}
