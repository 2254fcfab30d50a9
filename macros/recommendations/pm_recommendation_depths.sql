{#
How many places of a list are looked at when it is judged, rising. Lists in
ml_pm__recommender_lists are as long as the last.

    {% for k in pm_recommendation_depths() %} ... {% endfor %}  ->  5, 10, 20
#}
{% macro pm_recommendation_depths() %}
    {% do return([5, 10, 20]) %}
{% endmacro %}
