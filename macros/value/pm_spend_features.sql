{#
What the two-stage model of spending sees: feature -> expression over the order history
of one customer before one day. One definition for the fit and the SQL scorer.

    {{ pm_spend_features()['log_repeats'] }}  ->  ln(1 + repeat_count)
#}
{% macro pm_spend_features() %}
    {% do return({
        'log_repeats': 'ln(1 + repeat_count)',
        'log_age': 'ln(1 + age_days)',
        'log_silence': 'ln(1 + age_days - active_days)',
        'log_order_days_90d': 'ln(1 + order_days_90d)',
        'log_value_365d': 'ln(1 + greatest(value_365d, 0))',
        'log_value_an_order': 'ln(1 + greatest(historic_value, 0) / (1 + repeat_count))',
        'is_one_time': 'case when repeat_count = 0 then 1.0 else 0.0 end',
    }) %}
{% endmacro %}
