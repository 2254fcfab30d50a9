{#
Whether a number of standard deviations from the average customer is called low, middle or
high: beyond pm_segment_level_threshold, and very low or very high beyond four times as
much when `has_extremes`.

    {{ pm_segment_level('value') }}  ->  case when value > 0.4 then 'high' ... end
#}
{% macro pm_segment_level(deviation, has_extremes=false) %}
    {% set threshold = var('pm_segment_level_threshold') %}
    {% set branches = [
        ('>', threshold, 'high'), ('<', -threshold, 'low'),
    ] %}
    {% if has_extremes %}
        {% set branches = [
            ('>', 4 * threshold, 'very_high'), ('<', -4 * threshold, 'very_low'),
        ] + branches %}
    {% endif %}
    {% set lines = [] %}
    {% for comparison, bound, level in branches %}
        {% do lines.append('when ' ~ deviation ~ ' ' ~ comparison ~ ' ' ~ bound ~ " then '" ~ level ~ "'") %}
    {% endfor %}
    {% do return('case ' ~ lines | join(' ') ~ " else 'middle' end") %}
{% endmacro %}
