{#
A query with the score of each row of `keys` (model_version, as_of_date, customer_id) by
its linear model: log odds of a binary target, else the amount.

    {{ pm_linear_scores('keys', 'feature_matrix', 'linear_parameters') }}

`names` are the features that models may have, all of pm_features unless told.

The same sum as of pm_linear_term, in the order that costs least: what is the same for all
customers is worked out once a model, and customers are scored before they are joined with
the keys, so that a join carries a score and not the features (a third less time for 1M
customers and 20 features).
#}
{% macro pm_linear_scores(keys, features, parameters, names=none) %}
    {% set names = names or pm_features().keys() | list %}
    select
        keys.*,
        scores.score
    from {{ keys }} as keys
    inner join (
        select
            model_days.model_version,
            features.as_of_date,
            features.customer_id,
            lines.level
            {%- for feature in names %}
                + lines.slope_{{ feature }} * case
                    when features.{{ feature }} is null then lines.fill_{{ feature }}
                    when features.{{ feature }} < lines.lower_{{ feature }}
                        then lines.lower_{{ feature }}
                    when features.{{ feature }} > lines.upper_{{ feature }}
                        then lines.upper_{{ feature }}
                    else features.{{ feature }}
                end
            {%- endfor %} as score
        from (select distinct model_version, as_of_date from {{ keys }}) as model_days
        inner join (
            {# A feature that the model does not have adds nothing. #}
            select
                model_version,
                intercept
                {%- for feature in names %}
                    - coalesce(
                        coefficient_{{ feature }} * mean_{{ feature }} / scale_{{ feature }},
                        0
                    )
                {%- endfor %} as level
                {%- for feature in names -%}
                    ,
                    coalesce(coefficient_{{ feature }} / scale_{{ feature }}, 0)
                        as slope_{{ feature }},
                    coalesce(fill_{{ feature }}, 0) as fill_{{ feature }},
                    lower_{{ feature }},
                    upper_{{ feature }}
                {%- endfor %}
            from {{ parameters }}
        ) as lines
            on model_days.model_version = lines.model_version
        inner join {{ features }} as features
            on model_days.as_of_date = features.as_of_date
    ) as scores
        on
            keys.model_version = scores.model_version
            and keys.as_of_date = scores.as_of_date
            and keys.customer_id = scores.customer_id
{% endmacro %}
