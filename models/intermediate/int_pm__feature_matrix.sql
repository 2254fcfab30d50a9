with customer_snapshots as (
    select * from {{ ref('int_pm__customer_snapshots') }}
),

final as (
    select
        as_of_date,
        customer_id
        {%- for feature, properties in pm_features().items() -%}
            ,
            {{ pm_feature_value(feature, properties.transform) }} as {{ feature }}
        {%- endfor %}
    from customer_snapshots
)

select * from final
