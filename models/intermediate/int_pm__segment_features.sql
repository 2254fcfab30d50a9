{%- set features = pm_segment_features() -%}
{%- set imputed_terms = [] -%}
{%- for expression in features.values() -%}
    {%- do imputed_terms.append(
        'case when ' ~ expression ~ ' is null then 1 else 0 end'
    ) -%}
{%- endfor -%}
with segment_measures as (
    select * from {{ ref('int_pm__segment_measures') }}
),

medians as (
    select * from {{ ref('int_pm__segment_medians') }}
),

-- What is not known of a customer speaks neither for nor against any segment: the
-- middle of all others stands in.
final as (
    select
        segment_measures.customer_id,
        {% for feature, expression in features.items() %}
            coalesce({{ expression }}, medians.median_{{ feature }}) as {{ feature }},
        {% endfor %}
        {{ imputed_terms | join(' + ') }} as imputed_feature_count,
        -- The order in which rows are sampled for a fit: fixed, and unlike any measure.
        md5(segment_measures.customer_id) as sampling_key
    from segment_measures
    cross join medians
)

select * from final
