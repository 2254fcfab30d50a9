{#
A label where the day's window has closed, else null: what is still to happen is no 0.

    {{ pm_closed_label('case when buyers.customer_id is null then 0 else 1 end') }}
    -> case when feature_calendar.label_end_date <= as_of.as_of_date
        then cast(... as double) end
#}
{% macro pm_closed_label(label) -%}
    case
        when feature_calendar.label_end_date <= as_of.as_of_date
            then cast({{ label }} as double)
    end
{%- endmacro %}
