{#
What customers can be grouped by for pm__model_fairness: name -> expression over
ml_pm__customer_attributes.

    {% for name in var('pm_fairness_columns') %} {{ pm_fairness_groups()[name] }} ...
#}
{% macro pm_fairness_groups() %}
    {% do return({
        'gender': 'gender', 'region': 'region', 'language': 'language',
        'birth_decade': "cast(cast(floor(extract(year from birth_date) / 10.0) * 10 as integer) as string)",
    }) %}
{% endmacro %}
