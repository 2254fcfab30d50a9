with clv_predictions as (
    select * from {{ ref('ml_pm__clv_predictions') }}
),

final as (
    select
        as_of_date,
        customer_id,
        horizon_months,
        case when is_modelled then model else 'baseline' end as model,
        probability_alive,
        expected_orders,
        cast(expected_order_value as decimal(18,2)) as expected_order_value,
        {% for column, name in {
            'predicted_value': 'predicted_clv',
            'lower_value': 'lower',
            'upper_value': 'upper',
            'baseline_value': 'baseline_clv',
            'historic_value': 'historic_value',
        }.items() %}
            cast({{ column }} * {{ var('pm_clv_margin') }} as decimal(18,2))
                as {{ name }},
        {% endfor %}
        case when is_modelled then 'ok' else 'insufficient_data' end as status,
        model_version
    from clv_predictions
)

select * from final
