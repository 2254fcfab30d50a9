{#
What each capability needs of the data, for pm__data_readiness: `observed` is an
expression over `relation`, a step of that model; it should be at least `required` when
`is_floor`, else at most. A capability that is switched off asks for nothing.

    {% for requirement in pm_readiness_requirements() %} ... {% endfor %}
#}
{% macro pm_readiness_requirements() %}
    {% set is_enabled = {
        'rfm': var('pm_enable_rfm'), 'segments': var('pm_enable_segments'),
        'baskets': var('pm_enable_baskets'), 'scores': var('pm_enable_scores'),
        'recommendations': var('pm_enable_recommendations'), 'value': var('pm_enable_value'),
    } %}
    {% set wanted = [] %}
    {% for requirement in _pm_all_requirements() if is_enabled.get(requirement.capability, true) %}
        {% do wanted.append(requirement) %}
    {% endfor %}
    {% do return(wanted) %}
{% endmacro %}


{% macro _pm_all_requirements() %}
    {% do return([
        {
            'capability': 'order_lines', 'requirement': 'accepted_share',
            'observed': '1 - rejected_share', 'relation': 'line_shares',
            'required': 0.9, 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'order_lines', 'requirement': 'lines_with_customer_share',
            'observed': '1 - anonymous_share', 'relation': 'line_shares',
            'required': 0.8, 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'rfm', 'requirement': 'customers',
            'observed': 'customer_count', 'relation': 'customers_counted',
            'required': var('pm_gate_min_customers'), 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'segments', 'requirement': 'customers',
            'observed': 'customer_count', 'relation': 'customers_counted',
            'required': var('pm_gate_min_customers'), 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'baskets', 'requirement': 'baskets_with_several_items',
            'observed': 'multi_item_basket_count', 'relation': 'baskets_counted',
            'required': 100, 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'baskets', 'requirement': 'baskets_over_maximum_size',
            'observed': 'oversized_basket_count', 'relation': 'baskets_counted',
            'required': 0, 'is_floor': false, 'severity': 'warn',
        },
        {
            'capability': 'baskets', 'requirement': 'items_in_baskets_over_maximum_size',
            'observed': 'oversized_basket_item_count', 'relation': 'baskets_counted',
            'required': 0, 'is_floor': false, 'severity': 'warn',
        },
        {
            'capability': 'baskets', 'requirement': 'category_baskets_over_maximum_size',
            'observed': 'count(distinct order_id)', 'relation': 'oversized_category_baskets',
            'required': 0, 'is_floor': false, 'severity': 'warn',
        },
        {
            'capability': 'baskets', 'requirement': 'excluded_names_without_an_item',
            'observed': 'unknown_excluded_count', 'relation': 'excluded_names_counted',
            'required': 0, 'is_floor': false, 'severity': 'warn',
        },
        {
            'capability': 'scores', 'requirement': 'history_days',
            'observed': 'history_days', 'relation': 'history',
            'required': var('pm_gate_min_history_days'), 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'scores', 'requirement': 'history_in_horizons',
            'observed': 'history_days / cast(' ~ var('pm_horizon_days') ~ ' as double)',
            'relation': 'history', 'required': 3, 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'scores', 'requirement': 'customers',
            'observed': 'customer_count', 'relation': 'customers_counted',
            'required': var('pm_gate_min_customers'), 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'scores', 'requirement': 'targets_with_a_model',
            'observed': "count(distinct case when status = 'ok' then target end)",
            'relation': ref('ml_pm__model_comparison'),
            'required': 1, 'is_floor': true, 'severity': 'block',
        },
        {
            'capability': 'scores', 'requirement': 'targets_without_a_model',
            'observed': "count(distinct case when status != 'ok' then target end)",
            'relation': ref('ml_pm__model_comparison'),
            'required': 0, 'is_floor': false, 'severity': 'warn',
        },
        {
            'capability': 'scores', 'requirement': 'regular_customers',
            'observed': 'regular_customer_count', 'relation': 'customers_counted',
            'required': 30, 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'scores', 'requirement': 'training_buyers',
            'observed': 'train_buyer_count', 'relation': 'purchase_outcomes',
            'required': var('pm_gate_min_positives'), 'is_floor': true, 'severity': 'block',
        },
        {
            'capability': 'scores', 'requirement': 'training_non_buyers',
            'observed': 'train_non_buyer_count', 'relation': 'purchase_outcomes',
            'required': var('pm_gate_min_negatives'), 'is_floor': true, 'severity': 'block',
        },
        {
            'capability': 'scores', 'requirement': 'test_customers',
            'observed': 'test_customer_count', 'relation': 'purchase_outcomes',
            'required': 1, 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'scores', 'requirement': 'test_buyers',
            'observed': 'test_buyer_count', 'relation': 'purchase_outcomes',
            'required': var('pm_gate_min_positives'), 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'recommendations', 'requirement': 'fitted_customers',
            'observed': 'fitted_customer_count', 'relation': 'blends_counted',
            'required': var('pm_gate_min_positives'), 'is_floor': true, 'severity': 'block',
        },
        {
            'capability': 'recommendations', 'requirement': 'judged_customers',
            'observed': 'judged_customer_count', 'relation': 'lists_judged_counted',
            'required': var('pm_gate_min_positives'), 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'recommendations', 'requirement': 'lists_better_by_a_blend',
            'observed': 'better_list_count', 'relation': 'blends_counted',
            'required': 2, 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'recommendations', 'requirement': 'exclusions_without_an_item',
            'observed': 'count(*)', 'relation': 'recommendation_exclusions',
            'required': 0, 'is_floor': false, 'severity': 'warn',
        },
        {
            'capability': 'recommendations', 'requirement': 'items_on_offer',
            'observed': 'count(*)', 'relation': 'offers',
            'required': var('pm_recommendation_count'), 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'value', 'requirement': 'history_days',
            'observed': 'calibration_days', 'relation': ref('ml_pm__clv_readiness'),
            'required': var('pm_gate_min_history_days'), 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'value', 'requirement': 'calibration_customers',
            'observed': 'customer_count', 'relation': ref('ml_pm__clv_readiness'),
            'required': var('pm_gate_min_customers'), 'is_floor': true, 'severity': 'block',
        },
        {
            'capability': 'value', 'requirement': 'repeat_customers',
            'observed': 'repeat_customer_count', 'relation': ref('ml_pm__clv_readiness'),
            'required': var('pm_gate_min_positives'), 'is_floor': true, 'severity': 'block',
        },
        {
            'capability': 'value', 'requirement': 'fitted_models',
            'observed': 'fitted_model_count', 'relation': ref('ml_pm__clv_readiness'),
            'required': 2, 'is_floor': true, 'severity': 'block',
        },
        {
            'capability': 'value', 'requirement': 'parameters_without_error',
            'observed': 'untold_count', 'relation': ref('ml_pm__clv_readiness'),
            'required': 0, 'is_floor': false, 'severity': 'warn',
        },
        {
            'capability': 'value', 'requirement': 'frequency_value_correlation',
            'observed': 'absolute_correlation', 'relation': ref('ml_pm__clv_readiness'),
            'required': 0.3, 'is_floor': false, 'severity': 'warn',
        },
        {
            'capability': 'value', 'requirement': 'test_buyers',
            'observed': 'test_buyer_count', 'relation': ref('ml_pm__clv_readiness'),
            'required': var('pm_gate_min_positives'), 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'order_lines', 'requirement': 'days_since_last_order',
            'observed': 'days_since_last_order', 'relation': 'history',
            'required': 30, 'is_floor': false, 'severity': 'warn',
        },
        {
            'capability': 'rfm', 'requirement': 'cut_points',
            'observed': 'count(*)', 'relation': 'rfm_thresholds',
            'required': 12, 'is_floor': true, 'severity': 'warn',
        },
        {
            'capability': 'segments', 'requirement': 'champion_without_fallback',
            'observed': '1 - fallback_count', 'relation': 'fallbacks_counted',
            'required': 1, 'is_floor': true, 'severity': 'warn',
        },
    ]) %}
{% endmacro %}
