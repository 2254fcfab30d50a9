{#
In how many baskets two sides would meet by chance, as an aggregate over one row per
basket size.

    {{ pm_expected_basket_count('sizes_a', 'sizes_b') }}

Large baskets hold more of everything, so over baskets of all sizes any two items seem to
attract each other. Among baskets of one size they seem to avoid each other, because what
one takes of the places is lost to the other. With shares p of the baskets of a size, the
second is expected with the first at p_b (1 - (1 - p_a) (1 - p_b) / v), v being the sum of
p (1 - p) over all items: the correction for draws of a fixed size (Hajek 1964), for small
shares (size - 1) / size. Where few items fill the baskets it goes too far, so it takes off
two thirds at most.

Both aliases have `basket_count` and `absent_share`, which is 1 - p, for several items
their sum; the second also `sized_basket_count`, all baskets of the size, and
`share_variance`, which is v. Terms are summed as decimals: the order of adding must not
show.
#}
{% macro pm_expected_basket_count(side_a, side_b) %}
    {% do return(
        'cast(sum(cast(' ~ side_a ~ '.basket_count * cast(' ~ side_b ~ '.basket_count as double) / '
        ~ side_b ~ '.sized_basket_count * greatest(1 / 3.0, 1 - coalesce(' ~ side_a
        ~ '.absent_share * ' ~ side_b ~ '.absent_share / nullif(' ~ side_b
        ~ '.share_variance, 0), 0)) as decimal(38, 9))) as double)'
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
