"""The most similar items of each item, by each method, as of today."""

from precision_marketing.recommenders.knowledge import know
from precision_marketing.recommenders.neighbours import (
    item_neighbours,
    neighbour_table,
)


def model(dbt, session):
    knowledge = know(
        calendar=dbt.ref("int_pm__recommendation_calendar").filter("fold = 'final'"),
        customers=dbt.ref("int_pm__recommendation_customers").filter("fold = 'final'"),
        items=dbt.ref("int_pm__recommendation_items").filter("fold = 'final'"),
        purchases=dbt.ref("int_pm__recommendation_purchases").filter("fold = 'final'"),
    )
    baskets = dbt.ref("int_pm__recommendation_baskets")
    return neighbour_table(knowledge, item_neighbours(knowledge, baskets))
