{#
What customers are compared by: the features that pm_segment_features names, each with
its expression over int_pm__segment_measures. One definition for the fit, the SQL scorer
and the names.

    {{ pm_segment_features() }}  ->  {'log_order_rate': 'ln(orders_per_year)', ...}
#}
{% macro pm_segment_features() %}
    {% set chosen = {} %}
    {% for feature, expression in pm_segment_feature_catalogue().items() if feature in var('pm_segment_features') %}
        {% do chosen.update({feature: expression}) %}
    {% endfor %}
    {% do return(chosen) %}
{% endmacro %}


{#
All features there are. Logarithms, because orders and money are skewed: without them
K-means finds the few largest customers and calls everybody else one segment. Money is
taken per order: total revenue repeats the order count. A share lies between 0 and 1 as
it is, and so does whether a customer is like most: of words only the most common one is
told, since every value more would be one feature more. A null is filled with the median where features are made.
#}
{% macro pm_segment_feature_catalogue() %}
    {% do return({
        'log_order_rate': 'ln(orders_per_year)',
        'log_order_value': 'ln(1 + order_value)',
        'log_recency_days': 'ln(1 + recency_days)',
        'log_tenure_days': 'ln(1 + tenure_days)',
        'log_order_count': 'ln(order_count)',
        'log_order_gap_days': 'ln(1 + order_gap_days)',
        'log_basket_size': 'ln(1 + basket_size)',
        'log_category_count': 'ln(1 + category_count)',
        'top_category_share': 'top_category_share',
        'discount_share': 'discount_share',
        'return_share': 'return_share',
        'main_channel_share': 'main_channel_share',
        'weekend_share': 'weekend_share',
        'evening_share': 'evening_share',
        'age_years': 'age_years',
        'log_income': 'ln(1 + income)',
        'has_main_gender': 'has_main_gender',
        'has_main_region': 'has_main_region',
        'has_main_language': 'has_main_language',
    }) %}
{% endmacro %}
