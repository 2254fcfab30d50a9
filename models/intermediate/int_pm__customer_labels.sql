{#- One model a family of targets; the seed pm_targets says which are in use. -#}
{%- set label_models = [
    'int_pm__labels_purchase',
    'int_pm__labels_churn',
    'int_pm__labels_spend',
    'int_pm__labels_category',
] -%}
with targets as (
    select * from {{ ref('int_pm__targets') }}
),

labels as (
    {% for label_model in label_models %}
        select
            target,
            as_of_date,
            customer_id,
            label
        from {{ ref(label_model) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        labels.target,
        labels.as_of_date,
        labels.customer_id,
        labels.label
    from labels
    inner join targets
        on labels.target = targets.target
)

select * from final
