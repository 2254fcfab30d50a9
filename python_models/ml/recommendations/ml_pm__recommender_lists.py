"""What each method, the blend and chance would have recommended on a past day."""

from precision_marketing.recommenders.knowledge import know
from precision_marketing.recommenders.lists import evaluated_lists
from precision_marketing.recommenders.methods import Recommenders
from precision_marketing.recommenders.neighbours import item_neighbours


def model(dbt, session):
    knowledge = know(
        calendar=dbt.ref("int_pm__recommendation_calendar").filter("fold = 'evaluate'"),
        customers=dbt.ref("int_pm__recommendation_customers").filter(
            "fold = 'evaluate'"
        ),
        items=dbt.ref("int_pm__recommendation_items").filter("fold = 'evaluate'"),
        purchases=dbt.ref("int_pm__recommendation_purchases").filter(
            "fold = 'evaluate'"
        ),
    )
    neighbours = item_neighbours(
        knowledge,
        dbt.ref("int_pm__recommendation_baskets"),
        least_content_similarity=dbt.config.get("least_content_similarity"),
    )
    return evaluated_lists(
        Recommenders(
            knowledge,
            neighbours,
            has_als=dbt.config.get("has_als"),
            random_state=dbt.config.get("random_state"),
        ),
        dbt.ref("ml_pm__recommender_weights").to_arrow_table(),
        dbt.ref("int_pm__recommendation_targets")
        .filter("fold = 'evaluate'")
        .to_arrow_table(),
        dbt.ref("int_pm__popular_items")
        .filter("fold = 'evaluate' and audience_kind = 'overall'")
        .to_arrow_table(),
        max_customers=dbt.config.get("max_customers"),
        random_state=dbt.config.get("random_state"),
    )
