{#
What customers are compared by: feature -> expression over int_pm__rfm_measures. One
definition for the fit, the SQL scorer and the profiles.

    {{ pm_segment_features() }}  ->  {'log_recency_days': 'ln(1 + recency_days)', ...}

Logarithms, because orders and money are skewed: without them K-means finds the few
largest customers and calls everybody else one segment. Money is taken per order: total
revenue repeats the order count, and found the demo's archetypes less well (DECISIONS).
#}
{% macro pm_segment_features() %}
    {% do return({
        'log_recency_days': 'ln(1 + cast(recency_days as double))',
        'log_order_count': 'ln(cast(lifetime_order_count as double))',
        'log_order_value': 'ln(1 + greatest(cast(lifetime_winsorised_net_revenue as double), 0) / lifetime_order_count)',
    }) %}
{% endmacro %}
