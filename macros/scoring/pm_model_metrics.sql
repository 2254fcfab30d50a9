{#
The metrics of a kind of target that are computed in SQL, each with its column of
ml_pm__<kind>_metrics.

    {% for metric, column in pm_model_metrics('amount').items() %} ... {% endfor %}
#}
{% macro pm_model_metrics(kind) %}
    {% set names = ['mse', 'mae', 'r2'] if kind == 'amount' else [
        'auc', 'average_precision', 'log_loss', 'brier', 'ks', 'ece', 'lift_at_10',
        'accuracy', 'precision', 'recall', 'f1', 'chosen_share',
    ] %}
    {% set metrics = {} %}
    {% for name in names %}
        {% do metrics.update({name: name}) %}
    {% endfor %}
    {% do metrics.update({'positives': 'positive_count', 'rows': 'row_count'}) %}
    {% do return(metrics) %}
{% endmacro %}
