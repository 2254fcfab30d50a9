{%- set test_days = var('pm_recommendation_test_days') -%}
{%- set folds = {'fit': 2 * test_days, 'evaluate': test_days, 'final': 0} -%}
with as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

days_wanted as (
    {% for fold, start in folds.items() %}
        {{ 'union all' if not loop.first }}
        select
            '{{ fold }}' as fold,
            cast({{ dbt.dateadd('day', -start, 'as_of_date') }} as date)
                as as_of_date,
            {% if start %}
                cast({{ dbt.dateadd('day', test_days - start, 'as_of_date') }} as date)
                    as label_end_date,
            {% else %}
                cast(null as date) as label_end_date,
            {% endif %}
            first_order_date
        from as_of
        where {{ var('pm_enable_recommendations') }}
    {% endfor %}
),

final as (
    select
        fold,
        as_of_date,
        label_end_date
    from days_wanted
    -- Before the first order nothing is known that a list could be made of.
    where as_of_date > first_order_date
)

select * from final
