-- Chances of at least so many in so many tries, from exact sums: few and many tries,
-- one in all, all of all, fewer than expected, both sides of the mean. The
-- approximation is worst for a single one and for all. Where all are expected nothing
-- can be tested.
with exact as (
    {% for basket_count, eligible, expected, p_value in [
        (1, 10, 0.1, 0.0956179), (3, 10, 1, 0.0701908), (2, 2, 1, 0.25),
        (10, 40, 4, 0.00506305), (25, 40, 20, 0.07692997), (5, 1000, 5, 0.55994659),
        (60, 1000, 30, 5.80222592e-7), (4, 10, 4.5, 0.73396205), (1, 5, 4, 0.99968),
        (120, 5000, 50, 2.24458318e-17), (1, 1000, 5, 0.99334603),
        (50, 50, 10, 1.1258999e-35), (3, 4, 2.5, 0.51879883), (3, 3, 3, 'null'),
    ] %}
        select
            {{ basket_count }} as basket_count,
            {{ eligible }} as eligible_basket_count,
            cast({{ expected }} as double) as expected_basket_count,
            cast({{ p_value }} as double) as exact_p_value
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

computed as (
    {{ pm_with_p_values('exact') }}
)

select *
from computed
where
    abs(p_value - exact_p_value) > exact_p_value * case
        when basket_count in (1, eligible_basket_count) then 0.08
        else 0.01
    end
    or (p_value is null) != (exact_p_value is null)
