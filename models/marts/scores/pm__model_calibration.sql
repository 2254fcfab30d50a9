with calibration_bins as (
    select * from {{ ref('ml_pm__calibration_bins') }}
),

rates as (
    select
        *,
        probability_sum / customer_count as mean_probability,
        positive_count / cast(customer_count as double) as observed_rate
    from calibration_bins
),

-- Wilson's interval: it stays within 0 and 1, also where nobody or everybody did.
final as (
    select
        target,
        algorithm,
        fold,
        model_version,
        as_of_date as evaluation_date,
        bin,
        customer_count,
        positive_count,
        lowest_probability,
        highest_probability,
        mean_probability,
        observed_rate,
        {{ pm_wilson_limit('positive_count', 'customer_count', '1.96', '-') }}
            as observed_lower,
        {{ pm_wilson_limit('positive_count', 'customer_count', '1.96', '+') }}
            as observed_upper
    from rates
)

select * from final
