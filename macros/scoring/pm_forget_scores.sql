{#
The statement that takes out of ml_pm__score_history who asked to be erased, and days older
than pm_score_history_days.

    post_hook="{{ pm_forget_scores() }}"
#}
{% macro pm_forget_scores() %}
    delete from {{ this }}
    where
        customer_id in (select customer_id from {{ ref('stg_pm__erasures') }})
        or as_of_date < (
            select {{ dbt.dateadd('day', -var('pm_score_history_days'), 'as_of_date') }}
            from {{ ref('int_pm__as_of') }}
        )
{% endmacro %}
