-- Critical values of the chi-squared distribution with one degree of freedom, from
-- any table of it, and its ends. The fit promises a relative error below 1.2e-7; the
-- critical values are rounded. No statistic, no p-value.
with published as (
    {% for statistic, p_value in [
        (0, 1), (0.015790774, 0.9), (0.454936423, 0.5), (2.705543454, 0.1),
        (3.841458821, 0.05), (6.634896601, 0.01), (10.827566170, 0.001),
        (23.928126977, 1e-6), (1e6, 0), ('null', 'null'),
    ] %}
        select
            cast({{ statistic }} as double) as statistic,
            cast({{ p_value }} as double) as p_value
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

computed as (
    select
        statistic,
        p_value,
        {{ pm_chi_squared_p_value('statistic') }} as computed_p_value
    from published
)

select *
from computed
where
    abs(computed_p_value - p_value) > 1e-6 * p_value
    or computed_p_value not between 0 and 1
    or (computed_p_value is null) != (p_value is null)
