{#
A query with one row per item and basket size, and what pm_expected_basket_count needs of
it, from a relation with one row per basket and item and the size of the basket.

    {{ pm_basket_sizes('basket_items', 'item_id') }}
#}
{% macro pm_basket_sizes(relation, item) %}
    select
        {{ item }},
        basket_size,
        basket_count,
        sized_basket_count,
        1 - basket_count / cast(sized_basket_count as double) as absent_share,
        {# The sum of p is the basket size, that of p squared is exact in integers. #}
        basket_size
        - cast(sum_of_squares as double) / power(cast(sized_basket_count as double), 2)
            as share_variance
    from (
        select
            *,
            {# A basket of five items stands in five rows. #}
            cast(sum(basket_count) over (partition by basket_size) / basket_size as bigint)
                as sized_basket_count,
            sum(cast(basket_count as decimal(38, 0)) * basket_count)
                over (partition by basket_size) as sum_of_squares
        from (
            select
                {{ item }},
                basket_size,
                count(*) as basket_count
            from {{ relation }}
            group by {{ item }}, basket_size
        ) as items_counted
    ) as sizes_counted
{% endmacro %}
