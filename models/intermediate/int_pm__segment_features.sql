{%- set features = pm_segment_features() -%}
{%- set imputed_terms = [] -%}
{%- for feature in features -%}
    {%- do imputed_terms.append(
        'case when features_observed.' ~ feature ~ ' is null then 1 else 0 end'
    ) -%}
{%- endfor -%}
with segment_measures as (
    select * from {{ ref('int_pm__segment_measures') }}
),

features_observed as (
    select
        customer_id
        {%- for feature, expression in features.items() -%}
            ,
            {{ expression }} as {{ feature }}
        {%- endfor %}
    from segment_measures
),

-- What is not known of a customer, or of nobody, speaks neither for nor against any
-- segment: the middle of all others stands in.
medians as (
    select
        count(*) as customer_count
        {%- for feature in features -%}
            ,
            coalesce(median({{ feature }}), 0) as {{ feature }}
        {%- endfor %}
    from features_observed
),

final as (
    select
        features_observed.customer_id,
        {% for feature in features %}
            coalesce(features_observed.{{ feature }}, medians.{{ feature }})
                as {{ feature }},
        {% endfor %}
        {{ imputed_terms | join(' + ') }} as imputed_feature_count,
        -- The order in which rows are sampled for a fit: fixed, and unlike any measure.
        md5(features_observed.customer_id) as sampling_key
    from features_observed
    cross join medians
)

select * from final
