{#
A query with the score of each row of `keys` (model_version, as_of_date, customer_id) by
its linear model: log odds of a binary target, else the amount.

    {{ pm_linear_scores('keys', 'feature_matrix', 'linear_parameters') }}

`names` are the features that models may have, all of pm_features unless told.
#}
{% macro pm_linear_scores(keys, features, parameters, names=none) %}
    select
        keys.*,
        parameters.intercept
        {%- for feature in names or pm_features() %}
            + {{ pm_linear_term(feature) }}
        {%- endfor %} as score
    from {{ keys }} as keys
    inner join {{ parameters }} as parameters
        on keys.model_version = parameters.model_version
    inner join {{ features }} as features
        on
            keys.as_of_date = features.as_of_date
            and keys.customer_id = features.customer_id
{% endmacro %}
