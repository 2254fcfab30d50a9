{#
The first look (int_pm__snapshot_calendar) that knows of a moment before pm_as_of: the
first day of the next month, as_of_date while the month is running, and the first look of
all for what was long before. `looks` is a row with first_date and last_date of the looks.

    {{ pm_first_look_after('ordered_at', 'looks') }}
#}
{% macro pm_first_look_after(moment, looks) -%}
    greatest(
        {{ looks }}.first_date,
        least(
            {{ looks }}.last_date,
            cast({{ dbt.dateadd('month', 1, dbt.date_trunc('month', moment)) }} as date)
        )
    )
{%- endmacro %}
