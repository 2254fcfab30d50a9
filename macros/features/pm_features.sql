{#
What is known of a customer before a day, one definition of each feature: its expression
over int_pm__customer_snapshots' step `measured`, the model it comes from, its unit and
window, what a missing value means and how a linear model should see it.

    {{ pm_features()['orders_30d'] }}
    -> {'expression': 'coalesce(orders_30d, 0)', 'source': 'orders', 'unit': 'orders',
        'window_days': 30, 'missing_policy': 'zero', 'transform': 'log',
        'definition': 'Kept orders in the last 30 days', 'category_number': none,
        'attribute': none, 'level_number': none}

missing_policy: `zero`, nothing there counts as 0; `never`, every customer has a value;
`null`, not known or not defined of this customer, and left null. transform: `log`,
ln(1 + x), for counts, money and days, or `none`.
#}
{% macro pm_features() %}
    {% set features = {} %}
    {% for name, measure in pm_windowed_measures(none).items() %}
        {% for days in measure.windows + [none] %}
            {% do features.update({pm_window_column(name, days): _pm_feature(
                pm_window_column(name, days), measure.source, measure.unit, 'zero', 'log',
                measure.definition ~ (' in the last ' ~ days ~ ' days' if days else ' so far'),
                window_days=days
            )}) %}
        {% endfor %}
    {% endfor %}
    {% do features.update(_pm_order_features()) %}
    {% do features.update(_pm_choice_features()) %}
    {% do features.update(_pm_other_features()) %}
    {% do features.update(_pm_attribute_flags()) %}
    {% do return(features) %}
{% endmacro %}


{% macro _pm_feature(expression, source, unit, missing_policy, transform, definition, window_days=none, category_number=none, attribute=none, level_number=none) %}
    {% do return({
        'expression': 'coalesce(' ~ expression ~ ', 0)' if missing_policy == 'zero' else expression, 'source': source, 'unit': unit, 'window_days': window_days,
        'missing_policy': missing_policy, 'transform': transform, 'definition': definition,
        'category_number': category_number, 'attribute': attribute, 'level_number': level_number,
    }) %}
{% endmacro %}


{% macro _pm_order_features() %}
    {% do return({
        'recency_days': _pm_feature(
            'recency_days', 'orders', 'days', 'never', 'log',
            'Days from the last kept order to the day'
        ),
        'tenure_days': _pm_feature(
            'tenure_days', 'orders', 'days', 'never', 'log',
            'Days from the first kept order to the day'
        ),
        'is_one_time': _pm_feature(
            'case when orders_lifetime = 1 then 1.0 else 0.0 end', 'orders', 'flag', 'never',
            'none', 'Whether there is a single kept order'
        ),
        'mean_gap_days': _pm_feature(
            'mean_gap_days', 'orders', 'days', 'null', 'log',
            'Mean days between kept orders'
        ),
        'recency_in_gaps': _pm_feature(
            'case when mean_gap_days is not null then recency_days / greatest(mean_gap_days, 1) end', 'orders', 'gaps', 'null', 'log',
            'Days since the last kept order in mean gaps, a gap being at least a day'
        ),
        'orders_per_year': _pm_feature(
            '365 * orders_lifetime / (tenure_days + 180)', 'orders', 'orders a year', 'never',
            'log', 'Kept orders a year, as if half a year more had been seen'
        ),
        'order_value': _pm_feature(
            'greatest(sold_revenue, 0) / orders_lifetime', 'orders', 'money', 'never', 'log',
            'Winsorised net revenue of a kept order, mean'
        ),
        'items_per_order': _pm_feature(
            'items_lifetime / orders_lifetime', 'orders', 'units', 'never', 'log',
            'Units in a kept order, mean'
        ),
        'order_trend': _pm_feature(
            'ln((1 + orders_90d) / (1 + orders_180d - orders_90d))', 'orders', 'log ratio',
            'never', 'none', 'Kept orders of the last 90 days over those of the 90 before',
            window_days=180
        ),
        'revenue_trend': _pm_feature(
            'ln((1 + greatest(revenue_90d, 0)) / (1 + greatest(revenue_180d - revenue_90d, 0)))',
            'orders', 'log ratio', 'never', 'none',
            'Net revenue of the last 90 days over that of the 90 before', window_days=180
        ),
        'return_share': _pm_feature(
            'least(1, returns_lifetime / greatest(gross_revenue, 0.01))', 'orders', 'share',
            'never', 'none', 'Revenue sent back over gross revenue, at most 1'
        ),
        'return_share_365d': _pm_feature(
            'least(1, returns_365d / greatest(gross_revenue_365d, 0.01))', 'orders', 'share',
            'never', 'none', 'Revenue sent back over gross revenue of the last 365 days, at most 1',
            window_days=365
        ),
        'discount_share': _pm_feature(
            'least(1, discounts_lifetime / greatest(gross_revenue, 0.01))', 'orders', 'share',
            'never', 'none', 'Discounts over gross revenue'
        ),
        'discounted_order_share': _pm_feature(
            'discounted_order_count / orders_lifetime', 'orders', 'share', 'never', 'none',
            'Share of kept orders with a discount'
        ),
        'weekend_order_share': _pm_feature(
            'weekend_order_count / orders_lifetime', 'orders', 'share', 'never', 'none',
            'Share of kept orders on a Saturday or Sunday'
        ),
        'evening_order_share': _pm_feature(
            'evening_order_count / orders_lifetime', 'orders', 'share', 'never', 'none',
            'Share of kept orders from 18:00 on'
        ),
    }) %}
{% endmacro %}


{% macro _pm_choice_features() %}
    {% set features = {} %}
    {% for plural, dimension in {'categories': 'category', 'channels': 'channel'}.items() %}
        {% for days in [30, 90, 365, none] %}
            {% set name = pm_window_column(plural, days) %}
            {% do features.update({name: _pm_feature(
                name, 'choices', plural, 'zero', 'log',
                ('Different ' ~ plural ~ ' bought ' ~ ('from' if dimension == 'category' else 'through')
                 ~ (' in the last ' ~ days ~ ' days' if days else ' so far')),
                window_days=days
            )}) %}
        {% endfor %}
        {% do features.update({'top_' ~ dimension ~ '_share': _pm_feature(
            'top_' ~ dimension ~ '_share', 'choices', 'share', 'null', 'none',
            'Share of the most used ' ~ dimension ~ ' in all days with one'
        )}) %}
    {% endfor %}
    {% for number in range(1, var('pm_target_category_count') + 1) %}
        {% set name = 'category_' ~ number %}
        {% do features.update({
            name ~ '_days': _pm_feature(
                name ~ '_days', 'choices', 'days', 'zero', 'log',
                'Days with an order of target category ' ~ number, category_number=number
            ),
            name ~ '_recency_days': _pm_feature(
                name ~ '_recency_days', 'choices', 'days', 'null', 'log',
                'Days since the last order of target category ' ~ number,
                category_number=number
            ),
        }) %}
    {% endfor %}
    {% do return(features) %}
{% endmacro %}


{% macro _pm_other_features() %}
    {% do return({
        'days_since_event': _pm_feature(
            'days_since_event', 'engagement', 'days', 'null', 'log', 'Days since the last event'
        ),
        'event_trend': _pm_feature(
            'ln((1 + coalesce(events_30d, 0)) / (1 + coalesce(events_90d - events_30d, 0) / 2))',
            'engagement', 'log ratio', 'never', 'none',
            'Events of the last 30 days over half of those of the 60 before', window_days=90
        ),
        'days_since_contact': _pm_feature(
            'days_since_contact', 'engagement', 'days', 'null', 'log', 'Days since the last contact'
        ),
        'open_share': _pm_feature(
            'case when contacts_lifetime > 0 then least(1, opens_lifetime / contacts_lifetime) end', 'engagement', 'share', 'null',
            'none', 'Contacts opened over contacts sent'
        ),
        'mean_rating': _pm_feature(
            'mean_rating', 'engagement', 'rating', 'null', 'none', 'Mean rating of own reviews'
        ),
        'age_years': _pm_feature(
            'age_years', 'customers', 'years', 'null', 'none', 'Age on the day'
        ),
        'income': _pm_feature(
            'income', 'customers', 'money', 'null', 'log', 'Income, as last known'
        ),
        'days_since_sign_up': _pm_feature(
            'days_since_sign_up', 'customers', 'days', 'null', 'log',
            'Days since the customer signed up'
        ),
    }) %}
{% endmacro %}


{# Each common level of an attribute, all others together, and that it is not known. #}
{% macro _pm_attribute_flags() %}
    {% set features = {} %}
    {% for attribute in pm_attribute_features() %}
        {% for number in range(1, var('pm_attribute_max_levels') + 1) %}
            {% do features.update({attribute ~ '_' ~ number: _pm_feature(
                'case when ' ~ attribute ~ '_level = ' ~ number ~ ' then 1.0 else 0.0 end',
                'customers', 'flag', 'never', 'none',
                'Whether the ' ~ attribute ~ ' is level ' ~ number ~ ', as last known',
                attribute=attribute, level_number=number
            )}) %}
        {% endfor %}
        {% do features.update({
            attribute ~ '_other': _pm_feature(
                'case when ' ~ attribute ~ ' is not null and ' ~ attribute ~ '_level is null then 1.0 else 0.0 end',
                'customers', 'flag', 'never', 'none',
                'Whether the ' ~ attribute ~ ' is none of the levels, as last known', attribute=attribute
            ),
            attribute ~ '_missing': _pm_feature(
                'case when ' ~ attribute ~ ' is null then 1.0 else 0.0 end',
                'customers', 'flag', 'never', 'none',
                'Whether the ' ~ attribute ~ ' is not known', attribute=attribute
            ),
        }) %}
    {% endfor %}
    {% do return(features) %}
{% endmacro %}
