{#
In how many baskets two sides would meet if, among the baskets of each size, they were
bought independently: the expectation of the Mantel-Haenszel test, stratified by basket
size. An aggregate over one row per basket size.

    {{ pm_expected_basket_count('sizes_a', 'sizes_b') }}

Both aliases have `basket_count`, the second one `sized_basket_count` too, all baskets of
the size. Rounded, since a sum of doubles ends in digits that depend on the threads.
#}
{% macro pm_expected_basket_count(side_a, side_b) %}
    {% do return(
        'round(sum(' ~ side_a ~ '.basket_count * cast(' ~ side_b ~ '.basket_count as double) / '
        ~ side_b ~ '.sized_basket_count), 9)'
    ) %}
{% endmacro %}


{#
The baskets with the rarer side, of sizes in which both sides are sold: so many chances to
meet there were. An aggregate over the same rows.
#}
{% macro pm_eligible_basket_count(side_a, side_b) %}
    {% do return(
        'cast(least(sum(' ~ side_a ~ '.basket_count), sum(' ~ side_b ~ '.basket_count)) as bigint)'
    ) %}
{% endmacro %}
