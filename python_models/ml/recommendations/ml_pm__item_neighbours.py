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
    neighbours = item_neighbours(
        knowledge,
        dbt.ref("int_pm__recommendation_baskets"),
        least_content_similarity=dbt.config.get("least_content_similarity"),
    )
    return neighbour_table(knowledge, neighbours)
