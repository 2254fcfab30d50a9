{#
The F and M scores as one: their mean rounded half up, or F alone; capped for customers
with one order.

    {{ pm_rfm_fm_score('f_score', 'm_score', 'lifetime_order_count') }}
#}
{% macro pm_rfm_fm_score(f_score, m_score, lifetime_order_count) %}
    {% if var('pm_rfm_fm_measure') == 'mean' %}
        {% set combined = 'cast(floor((' ~ f_score ~ ' + ' ~ m_score ~ ' + 1) / 2.0) as integer)' %}
    {% else %}
        {% set combined = f_score %}
    {% endif %}
    case
        when {{ lifetime_order_count }} = 1
            then least({{ combined }}, {{ var('pm_rfm_one_time_fm_cap') }})
        else {{ combined }}
    end
{% endmacro %}
