{#
All that is wrong with the project's vars, as a list of sentences. The rules below are
the only place that says what a var may be; dbt_project.yml says what each is for.
#}
{% macro pm_var_problems() %}
    {% set problems = [] %}
    {% for name, rule in pm_var_rules().items() %}
        {% do problems.extend(_pm_value_problems(name, var(name), rule)) %}
    {% endfor %}
    {% do problems.extend(_pm_cleaning_problems()) %}
    {% if var('pm_timezone') and not pm_knows_timezone(var('pm_timezone')) %}
        {% do problems.append(
            "pm_timezone: expected a time zone name such as Europe/London, got '" ~ var('pm_timezone') ~ "'."
        ) %}
    {% endif %}
    {% for name in (invocation_args_dict.get('vars') or {}) %}
        {% if name.startswith('pm_') and name not in pm_var_rules() %}
            {% do problems.append(
                name ~ ': unknown var; the nearest known one is ' ~ pm_nearest(name, pm_var_rules().keys() | list) ~ '.'
            ) %}
        {% endif %}
    {% endfor %}
    {% do return(problems) %}
{% endmacro %}


{# kind: mapping, text, choice, date, integer, number, flag or list; bounds inclusive. #}
{% macro pm_var_rules() %}
    {% set flag = {'kind': 'flag'} %}
    {% do return({
        'pm_inputs': {'kind': 'mapping'},
        'pm_as_of': {'kind': 'date', 'optional': true},
        'pm_timezone': {'kind': 'text', 'optional': true},
        'pm_currency': {'kind': 'text'},
        'pm_language': {'kind': 'choice', 'choices': ['en', 'zh']},
        'pm_random_seed': {'kind': 'integer', 'min': 0},
        'pm_cleaning_rules': {'kind': 'mapping'},
        'pm_missing_values': {'kind': 'mapping'},
        'pm_min_order_date': {'kind': 'date'},
        'pm_max_order_date': {'kind': 'date', 'optional': true},
        'pm_future_gap_days': {'kind': 'integer', 'min': 1},
        'pm_future_max_share': {'kind': 'number', 'min': 0, 'max': 0.5},
        'pm_outlier_fence': {'kind': 'number', 'min': 0},
        'pm_enable_rfm': flag,
        'pm_enable_baskets': flag,
        'pm_enable_segments': flag,
        'pm_enable_scores': flag,
        'pm_enable_recommendations': flag,
        'pm_enable_value': flag,
        'pm_rfm_window_days': {'kind': 'integer', 'min': 1},
        'pm_rfm_threshold_mode': {'kind': 'choice', 'choices': ['rolling', 'frozen', 'absolute']},
        'pm_rfm_frozen_as_of': {'kind': 'date', 'optional': true},
        'pm_rfm_absolute_thresholds': {'kind': 'mapping'},
        'pm_rfm_fm_measure': {'kind': 'choice', 'choices': ['mean', 'frequency']},
        'pm_rfm_one_time_fm_cap': {'kind': 'integer', 'min': 1, 'max': 5},
        'pm_basket_min_support': {'kind': 'number', 'min': 0},
        'pm_basket_min_confidence': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_basket_max_size': {'kind': 'integer', 'min': 2},
        'pm_basket_max_items': {'kind': 'integer', 'min': 2},
        'pm_basket_excluded_items': {'kind': 'list'},
        'pm_basket_level': {'kind': 'choice', 'choices': ['item', 'category']},
        'pm_companion_max_q_value': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_companion_min_confidence': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_companion_min_lift': {'kind': 'number', 'min': 1},
        'pm_missing_companion_days': {'kind': 'integer', 'min': 1},
        'pm_missing_companion_count': {'kind': 'integer', 'min': 1},
        'pm_recommendation_count': {'kind': 'integer', 'min': 1, 'max': 100},
        'pm_recommendation_test_days': {'kind': 'integer', 'min': 1},
        'pm_recommendation_inactive_days': {'kind': 'integer', 'min': 0},
        'pm_recommendation_excluded_items': {'kind': 'list'},
        'pm_recommendation_min_content_similarity': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_recommendation_als': flag,
        'pm_recommendation_fit_customers_max': {'kind': 'integer', 'min': 100},
        'pm_recommendation_price_band': {'kind': 'list'},
        'pm_recommendation_max_per_category': {'kind': 'integer', 'min': 0},
        'pm_recommendation_rebuy_days': {'kind': 'integer', 'min': 0},
        'pm_recommendation_popular_days': {'kind': 'integer', 'min': 1},
        'pm_recommendation_bootstrap_customers': {'kind': 'integer', 'min': 100},
        'pm_recommendation_bootstrap_draws': {'kind': 'integer', 'min': 20},
        'pm_segment_features': {'kind': 'list', 'choices': pm_segment_feature_catalogue().keys() | list},
        'pm_segment_scaling': {'kind': 'choice', 'choices': ['standard', 'robust']},
        'pm_segment_algorithms': {'kind': 'list', 'choices': ['kmeans', 'ward', 'dbscan', 'hdbscan']},
        'pm_segment_min_k': {'kind': 'integer', 'min': 2},
        'pm_segment_max_k': {'kind': 'integer', 'min': 2},
        'pm_segment_sample_rows': {'kind': 'integer', 'min': 100},
        'pm_segment_level_threshold': {'kind': 'number', 'min': 0},
        'pm_segment_item_count': {'kind': 'integer', 'min': 1},
        'pm_segment_item_min_customers': {'kind': 'integer', 'min': 1},
        'pm_snapshot_months': {'kind': 'integer', 'min': 2, 'max': 60},
        'pm_lifecycle_cooling_quantile': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_lifecycle_lapsed_quantile': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_forecast_months': {'kind': 'integer', 'min': 1},
        'pm_forecast_test_months': {'kind': 'integer', 'min': 1},
        'pm_session_pause_minutes': {'kind': 'integer', 'min': 1},
        'pm_session_order_minutes': {'kind': 'integer', 'min': 1},
        'pm_horizon_days': {'kind': 'integer', 'min': 1},
        'pm_label_gap_days': {'kind': 'integer', 'min': 0},
        'pm_evaluation_origins': {'kind': 'integer', 'min': 1},
        'pm_training_snapshots': {'kind': 'integer', 'min': 1},
        'pm_training_slide_days': {'kind': 'integer', 'min': 1},
        'pm_training_rows_max': {'kind': 'integer', 'min': 100},
        'pm_selection_rows_max': {'kind': 'integer', 'min': 100},
        'pm_gate_max_separation': {'kind': 'number', 'min': 0.5, 'max': 1},
        'pm_attribute_features': {'kind': 'list', 'choices': ['gender', 'region', 'language']},
        'pm_attribute_max_levels': {'kind': 'integer', 'min': 1},
        'pm_attribute_min_share': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_target_category_count': {'kind': 'integer', 'min': 0},
        'pm_estimators': {'kind': 'list', 'choices': [
            'logistic_regression', 'linear_regression', 'ridge_regression', 'quantile_regression',
            'decision_tree', 'random_forest', 'gradient_boosting', 'support_vector_machine',
            'neural_network', 'naive_bayes', 'bayesian_network',
        ]},
        'pm_evaluation_draws': {'kind': 'integer', 'min': 20},
        'pm_overfit_max_gap': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_contact_cost': {'kind': 'number', 'min': 0.000001},
        'pm_response_value': {'kind': 'number', 'min': 0.000001},
        'pm_fairness_columns': {'kind': 'list', 'choices': pm_fairness_groups().keys() | list},
        'pm_fairness_min_customers': {'kind': 'integer', 'min': 1},
        'pm_fairness_confidence': {'kind': 'number', 'min': 0.9, 'max': 0.9999},
        'pm_fairness_min_ratio': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_fairness_max_gap': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_fairness_severity': {'kind': 'choice', 'choices': ['warn', 'error']},
        'pm_drift_warn': {'kind': 'number', 'min': 0},
        'pm_drift_alert': {'kind': 'number', 'min': 0},
        'pm_score_history_step_days': {'kind': 'integer', 'min': 1},
        'pm_score_history_days': {'kind': 'integer', 'min': 0},
        'pm_score_band_high': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_score_band_medium': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_clv_time_unit': {'kind': 'choice', 'choices': ['day', 'week']},
        'pm_clv_calibration_end': {'kind': 'date', 'optional': true},
        'pm_clv_holdout_days': {'kind': 'integer', 'min': 1},
        'pm_clv_horizons_months': {'kind': 'list'},
        'pm_clv_model': {'kind': 'choice', 'choices': ['auto', 'bg_nbd', 'mbg_nbd']},
        'pm_clv_margin': {'kind': 'number', 'min': 0.01, 'max': 1},
        'pm_clv_discount_rate': {'kind': 'number', 'min': 0, 'max': 1},
        'pm_gate_min_customers': {'kind': 'integer', 'min': 1},
        'pm_gate_min_history_days': {'kind': 'integer', 'min': 1},
        'pm_gate_min_positives': {'kind': 'integer', 'min': 1},
        'pm_gate_min_negatives': {'kind': 'integer', 'min': 1},
    }) %}
{% endmacro %}


{% macro _pm_value_problems(name, value, rule) %}
    {% if value is none or value == '' %}
        {% do return([] if rule.optional else [name ~ ': expected a ' ~ rule.kind ~ ', got nothing.']) %}
    {% endif %}
    {% set kind = rule.kind %}
    {% if kind == 'mapping' and value is not mapping %}
        {% do return([name ~ ": expected a mapping, got '" ~ value ~ "'."]) %}
    {% elif kind == 'list' and (value is string or value is mapping or value is not sequence) %}
        {% do return([name ~ ": expected a list, got '" ~ value ~ "'."]) %}
    {% elif kind == 'flag' and value is not boolean %}
        {% do return([name ~ ": expected true or false, got '" ~ value ~ "'."]) %}
    {% elif kind == 'choice' and value not in rule.choices %}
        {% do return([name ~ ': expected one of ' ~ rule.choices | join(', ') ~ ", got '" ~ value ~ "'."]) %}
    {% elif kind == 'list' and rule.choices %}
        {% if value | length == 0 %}
            {% do return([name ~ ": expected a list, got '" ~ value ~ "'."]) %}
        {% endif %}
        {% set problems = [] %}
        {% for member in value if member not in rule.choices %}
            {% do problems.append(
                name ~ ': unknown member ' ~ member ~ '; the nearest known one is ' ~ pm_nearest(member | string, rule.choices)
                ~ '. Known: ' ~ rule.choices | join(', ') ~ '.'
            ) %}
        {% endfor %}
        {% if value | unique | list | length < value | length %}
            {% do problems.append(name ~ ': expected each member once, got ' ~ value | join(', ') ~ '.') %}
        {% endif %}
        {% do return(problems) %}
    {% elif kind == 'date' and not _pm_is_date(value | string) %}
        {% do return([name ~ ": expected a date as YYYY-MM-DD, got '" ~ value ~ "'."]) %}
    {% elif kind in ['integer', 'number'] %}
        {% if value is boolean or value is not number or (kind == 'integer' and value is not integer) %}
            {% do return([name ~ ': expected a' ~ ('n integer' if kind == 'integer' else ' number') ~ ", got '" ~ value ~ "'."]) %}
        {% elif value < rule.get('min', value) or value > rule.get('max', value) %}
            {% do return([
                name ~ ': expected ' ~ rule.get('min', 'anything') ~ ' to ' ~ rule.get('max', 'any size') ~ ', got ' ~ value ~ '.'
            ]) %}
        {% endif %}
    {% endif %}
    {% do return([]) %}
{% endmacro %}


{% macro _pm_is_date(text) %}
    {% if not modules.re.match('^\\d{4}-\\d{2}-\\d{2}$', text) %}
        {% do return(false) %}
    {% endif %}
    {% do return(_pm_casts(text, 'date')) %}
{% endmacro %}


{# Whether the engine takes a text for a value of a type. #}
{% macro _pm_casts(text, type) %}
    {% set literal = "'" ~ text | replace("'", "''") ~ "'" %}
    {% set answer = run_query('select try_cast(' ~ literal ~ ' as ' ~ type ~ ') is not null') %}
    {% do return(answer.rows[0][0]) %}
{% endmacro %}


{% macro _pm_cleaning_problems() %}
    {% set problems = [] %}
    {% set rules = pm_switchable_rules() %}
    {% if var('pm_cleaning_rules') is mapping %}
        {% for rule, action in var('pm_cleaning_rules').items() %}
            {% if rule not in rules %}
                {% do problems.append(
                    'pm_cleaning_rules: unknown rule ' ~ rule ~ '; the nearest known one is '
                    ~ pm_nearest(rule, rules.keys() | list) ~ '. Known: ' ~ rules.keys() | join(', ') ~ '.'
                ) %}
            {% elif action not in ['reject', 'flag'] %}
                {% do problems.append('pm_cleaning_rules.' ~ rule ~ ": expected reject or flag, got '" ~ action ~ "'.") %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {% if var('pm_missing_values') is mapping %}
        {% for place, setting in var('pm_missing_values').items() %}
            {% do problems.extend(_pm_missing_value_problems(place, setting)) %}
        {% endfor %}
    {% endif %}
    {% if var('pm_rfm_threshold_mode') == 'frozen' and not var('pm_rfm_frozen_as_of') %}
        {% do problems.append('pm_rfm_frozen_as_of: expected a date, because pm_rfm_threshold_mode is frozen; got nothing.') %}
    {% endif %}
    {% if var('pm_rfm_threshold_mode') == 'frozen' and var('pm_as_of') and var('pm_rfm_frozen_as_of') | string > var('pm_as_of') | string %}
        {% do problems.append(
            'pm_rfm_frozen_as_of: expected a day not after pm_as_of (' ~ var('pm_as_of') ~ "), got '"
            ~ var('pm_rfm_frozen_as_of') ~ "'."
        ) %}
    {% endif %}
    {% if var('pm_rfm_threshold_mode') == 'absolute' %}
        {% for measure in ['recency_days', 'frequency', 'monetary'] %}
            {% set cuts = (var('pm_rfm_absolute_thresholds') or {}).get(measure) or [] %}
            {% if cuts | length != 4 or cuts | sort != cuts %}
                {% do problems.append(
                    'pm_rfm_absolute_thresholds.' ~ measure ~ ': expected four rising numbers, because'
                    ~ ' pm_rfm_threshold_mode is absolute; got ' ~ cuts ~ '.'
                ) %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {% if var('pm_recommendation_price_band') and not _pm_is_band(var('pm_recommendation_price_band')) %}
        {% do problems.append(
            'pm_recommendation_price_band: expected two rising numbers above 0 such as [0.2, 5], or [], got '
            ~ var('pm_recommendation_price_band') ~ '.'
        ) %}
    {% endif %}
    {% if not _pm_are_months(var('pm_clv_horizons_months')) %}
        {% do problems.append(
            'pm_clv_horizons_months: expected different numbers of months from 1 to 60 such as [3, 12], got '
            ~ var('pm_clv_horizons_months') ~ '.'
        ) %}
    {% endif %}
    {% if var('pm_segment_min_k') is integer and var('pm_segment_max_k') is integer and var('pm_segment_min_k') > var('pm_segment_max_k') %}
        {% do problems.append(
            'pm_segment_min_k: expected at most pm_segment_max_k (' ~ var('pm_segment_max_k') ~ '), got ' ~ var('pm_segment_min_k') ~ '.'
        ) %}
    {% endif %}
    {% do return(problems) %}
{% endmacro %}


{% macro _pm_is_band(value) %}
    {% if value is string or value is not sequence or value | length != 2 %}
        {% do return(false) %}
    {% endif %}
    {% set low, high = value %}
    {% if low is not number or high is not number or low is boolean or high is boolean %}
        {% do return(false) %}
    {% endif %}
    {% do return(0 < low and low < high) %}
{% endmacro %}


{% macro _pm_are_months(value) %}
    {% if value is string or value is mapping or value is not sequence or not value %}
        {% do return(false) %}
    {% endif %}
    {% for months in value if months is boolean or months is not integer or not 1 <= months <= 60 %}
        {% do return(false) %}
    {% endfor %}
    {% do return(value | unique | list | length == value | length) %}
{% endmacro %}


{% macro _pm_missing_value_problems(place, setting) %}
    {% set allowed = {
        'order_lines.quantity': ['drop', 'mean', 'median', 'most_frequent'],
        'order_lines.unit_price': ['drop', 'mean', 'median', 'most_frequent'],
        'customers.income': ['keep', 'drop', 'mean', 'median', 'most_frequent', 'model'],
        'customers.birth_date': ['keep', 'drop', 'mean', 'median', 'most_frequent', 'model'],
        'customers.gender': ['keep', 'drop', 'most_frequent', 'model'],
        'customers.region': ['keep', 'drop', 'most_frequent', 'model'],
        'customers.language': ['keep', 'drop', 'most_frequent', 'model'],
    } %}
    {% set where = 'pm_missing_values.' ~ place %}
    {% if place not in allowed %}
        {% do return([
            'pm_missing_values: ' ~ place ~ ' cannot be filled; the nearest that can is '
            ~ pm_nearest(place, allowed.keys() | list) ~ '. Known: ' ~ allowed.keys() | join(', ') ~ '.'
        ]) %}
    {% elif setting is mapping %}
        {% if 'constant' not in setting or setting | length > 1 %}
            {% do return([where ~ ': expected {constant: value}, got ' ~ setting ~ '.']) %}
        {% endif %}
        {% set input, column = place.split('.') %}
        {% set type = pm_input_contract()[input]['columns'][column]['type'] %}
        {% if not _pm_casts(setting.constant | string, type) %}
            {% do return([where ~ ': expected a constant of type ' ~ type ~ ", got '" ~ setting.constant ~ "'."]) %}
        {% endif %}
        {% do return([]) %}
    {% elif setting not in allowed[place] %}
        {% do return([where ~ ': expected ' ~ allowed[place] | join(', ') ~ " or {constant: value}, got '" ~ setting ~ "'."]) %}
    {% endif %}
    {% do return([]) %}
{% endmacro %}
