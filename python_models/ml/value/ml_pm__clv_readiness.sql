with clv_histories as (
    select * from {{ ref('int_pm__clv_histories') }}
    where split = 'test'
),

clv_models as (
    select * from {{ ref('ml_pm__clv_models') }}
    where component = 'meta'
),

clv_order_models as (
    select * from {{ ref('ml_pm__clv_order_models') }}
    where is_champion and is_usable
),

value_model as (
    select * from {{ ref('ml_pm__clv_value_model') }}
    where is_usable
),

customers_counted as (
    select
        max(age_days) + 1 as calibration_days,
        count(*) as customer_count,
        sum(case when repeat_value > 0 then 1 else 0 end) as repeat_customer_count,
        sum(case when outcome_value > 0 then 1 else 0 end) as test_buyer_count
    from clv_histories
),

-- One that counts orders and one that values them.
models_fitted as (
    select model_version from clv_order_models
    union all
    select model_version from value_model
),

models_counted as (
    select count(*) as fitted_model_count
    from models_fitted
),

doubts as (
    select
        max(
            case
                when clv_models.parameter = 'correlation' then abs(clv_models.value)
            end
        ) as absolute_correlation,
        max(
            case
                when
                    clv_models.parameter = 'untold_count'
                    and (
                        clv_order_models.model is not null
                        or clv_models.model = 'gamma_gamma'
                    )
                    then clv_models.value
            end
        ) as untold_count
    from clv_models
    left join clv_order_models
        on clv_models.model = clv_order_models.model
),

final as (
    select
        customers_counted.*,
        models_counted.fitted_model_count,
        doubts.absolute_correlation,
        doubts.untold_count
    from customers_counted
    cross join models_counted
    cross join doubts
)

select * from final
