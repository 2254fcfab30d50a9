{#
What the purchase model sees: feature -> expression over the order history of one
customer before one day. One definition for the fit, the SQL scorer and the reasons.

    {{ pm_purchase_features()['log_recency'] }}  ->  ln(1 + recency_days)
#}
{% macro pm_purchase_features() %}
    {% do return({
        'log_recency': 'ln(1 + recency_days)',
        'log_tenure': 'ln(1 + tenure_days)',
        'log_orders': 'ln(1 + order_count)',
        'log_orders_30d': 'ln(1 + order_count_30d)',
        'log_orders_90d': 'ln(1 + order_count_90d)',
        'log_orders_180d': 'ln(1 + order_count_180d)',
        'log_orders_365d': 'ln(1 + order_count_365d)',
        'log_revenue_365d': 'ln(1 + greatest(coalesce(net_revenue_365d, 0), 0))',
        'log_order_value': 'ln(1 + greatest(kept_revenue, 0) / order_count)',
        'log_items_per_order': 'ln(1 + kept_item_count / order_count)',
        'is_one_time': 'case when order_count = 1 then 1.0 else 0.0 end',
        'log_mean_gap': 'case when order_count = 1 then 0.0 else ln(1 + mean_gap_days) end',
        'log_recency_in_gaps': 'case when order_count = 1 then 0.0 else ln(1 + recency_days / greatest(mean_gap_days, 1)) end',
        'return_share': 'least(1, returned_revenue / greatest(gross_revenue, 0.01))',
        'discount_share': 'least(1, discount_amount / greatest(gross_revenue, 0.01))',
    }) %}
{% endmacro %}
