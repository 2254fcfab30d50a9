{#
The metrics of a list that are means over customers, by name; each is a column of
ml_pm__recommender_customer_metrics.

    {% for metric in pm_ranking_metrics() %} ... {% endfor %}
#}
{% macro pm_ranking_metrics() %}
    {% do return(['hit_rate', 'precision', 'recall', 'map', 'ndcg', 'mrr']) %}
{% endmacro %}
