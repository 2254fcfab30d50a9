{#
A query with the days, customers and categories bought by an order of the day's label window
that was not sent back whole before the window closed.

    buyers as (
        {{ pm_category_buyers('feature_calendar', 'target_categories') }}
    ),

`calendar` has as_of_date, label_start_date and label_end_date (half-open), `categories`
the categories that are asked for, each once.
#}
{% macro pm_category_buyers(calendar, categories) %}
    select distinct
        calendar.as_of_date,
        choices.customer_id,
        choices.choice as category
    from {{ ref('int_pm__activity_choices') }} as choices
    inner join {{ categories }} as categories
        on choices.choice = categories.category
    inner join {{ calendar }} as calendar
        on
            choices.activity_date >= calendar.label_start_date
            and choices.activity_date < calendar.label_end_date
            and choices.undone_date >= calendar.label_end_date
    where choices.dimension = 'category'
{% endmacro %}
