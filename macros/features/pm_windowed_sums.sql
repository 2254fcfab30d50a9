{#
The sums of one source's measures over their windows and over all time, as columns of a
query grouped by as_of_date and customer_id; `days_ago` counts from 1, the day before.

    {{ pm_windowed_sums('orders') }}
    -> cast(sum(case when is_kept and days_ago <= 7 then order_count end) as double)
       as orders_7d, ...

Money is summed as decimal: a sum of doubles depends on the order of rows.
#}
{% macro pm_windowed_sums(source) -%}
    {%- set columns = [] -%}
    {%- for name, measure in pm_windowed_measures(source).items() -%}
        {%- for days in measure.windows + [none] -%}
            {%- set conditions = [] -%}
            {%- if measure.is_kept_only -%}{%- do conditions.append('is_kept') -%}{%- endif -%}
            {%- if days -%}{%- do conditions.append('days_ago <= ' ~ days) -%}{%- endif -%}
            {%- set summed = measure.column -%}
            {%- if conditions -%}
                {%- set summed = 'case when ' ~ conditions | join(' and ') ~ ' then ' ~ measure.column ~ ' else 0 end' -%}
            {%- endif -%}
            {%- do columns.append(
                'cast(sum(' ~ summed ~ ') as double) as ' ~ pm_window_column(name, days)
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ columns | join(',\n        ') }}
{%- endmacro %}
