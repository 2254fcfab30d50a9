{#
What a segment is described by, in the units people speak: the columns of
int_pm__segment_measures that profiles average and rules are written with. Their names
for people are in the seed pm_segment_measure_labels.

    {{ pm_segment_measures() }}  ->  ['recency_days', 'order_count', ...]
#}
{% macro pm_segment_measures() %}
    {% do return([
        'recency_days', 'order_count', 'net_revenue', 'average_order_value',
        'orders_per_year', 'order_gap_days', 'tenure_days', 'basket_size',
        'category_count', 'top_category_share', 'discount_share', 'return_share',
        'main_channel_share', 'weekend_share', 'evening_share', 'age_years', 'income',
    ]) %}
{% endmacro %}
