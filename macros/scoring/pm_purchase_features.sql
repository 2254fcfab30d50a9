{#
What the purchase model sees: feature -> expression over int_pm__customer_snapshots. One
definition for the fit, the SQL scorer and the reasons.

    {{ pm_purchase_features()['log_recency'] }}  ->  ln(1 + recency_days)
#}
{% macro pm_purchase_features() %}
    {% do return({
        'log_recency': 'ln(1 + recency_days)',
        'log_tenure': 'ln(1 + tenure_days)',
        'log_orders': 'ln(1 + orders_lifetime)',
        'log_orders_30d': 'ln(1 + orders_30d)',
        'log_orders_90d': 'ln(1 + orders_90d)',
        'log_orders_180d': 'ln(1 + orders_180d)',
        'log_orders_365d': 'ln(1 + orders_365d)',
        'log_revenue_365d': 'ln(1 + greatest(revenue_365d, 0))',
        'log_order_value': 'ln(1 + order_value)',
        'log_items_per_order': 'ln(1 + items_per_order)',
        'is_one_time': 'is_one_time',
        'log_mean_gap': 'case when is_one_time = 1 then 0.0 else ln(1 + mean_gap_days) end',
        'log_recency_in_gaps': 'case when is_one_time = 1 then 0.0 else ln(1 + recency_in_gaps) end',
        'return_share': 'return_share',
        'discount_share': 'discount_share',
    }) %}
{% endmacro %}
