{#
The accepted rows of a checked input with its contract columns: what the rest of the
project reads.

    {{ pm_accepted_rows('touchpoints', ref('stg_pm__touchpoints_checked')) }}

Item codes become the shop's own spelling of them, wherever they come from.
#}
{% macro pm_accepted_rows(name, checked) %}
    {% set columns = pm_input_contract()[name]['columns'] %}
    {% set has_item_codes = 'item_id' in columns and name != 'items' %}
    with rows_checked as (
        select * from {{ checked }}
    ),

    {% if has_item_codes %}
        item_codes as (
            select distinct
                item_key,
                item_id
            from {{ ref('stg_pm__item_spellings') }}
        ),
    {% endif %}

    final as (
        select
            rows_checked.raw_row_id,
            {% for column in columns %}
                {% if has_item_codes and column == 'item_id' %}
                    coalesce(item_codes.item_id, rows_checked.item_id) as item_id,
                {% else %}
                    rows_checked.{{ column }},
                {% endif %}
            {% endfor %}
            rows_checked.passthrough
        from rows_checked
        {% if has_item_codes %}
            left join item_codes
                on {{ pm_item_key('rows_checked.item_id') }} = item_codes.item_key
        {% endif %}
        where rows_checked.reject_reason is null
    )

    select * from final
{% endmacro %}
