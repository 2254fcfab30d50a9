"""What each method adds to the scores of some customers' candidates.

Held against the same sums in SQL by the test blended_scores_equal_python.
"""

from precision_marketing.recommenders.knowledge import know
from precision_marketing.recommenders.lists import explained_scores
from precision_marketing.recommenders.methods import Recommenders
from precision_marketing.recommenders.neighbours import neighbours_from_table


def model(dbt, session):
    knowledge = know(
        calendar=dbt.ref("int_pm__recommendation_calendar").filter("fold = 'final'"),
        customers=dbt.ref("int_pm__recommendation_customers").filter("fold = 'final'"),
        items=dbt.ref("int_pm__recommendation_items").filter("fold = 'final'"),
        purchases=dbt.ref("int_pm__recommendation_purchases").filter("fold = 'final'"),
    )
    neighbours = dbt.ref("ml_pm__item_neighbours").to_arrow_table()
    return explained_scores(
        Recommenders(
            knowledge,
            neighbours_from_table(knowledge, neighbours),
            has_als=dbt.config.get("has_als"),
            random_state=dbt.config.get("random_state"),
        ),
        dbt.ref("ml_pm__recommender_weights").to_arrow_table(),
        depth=dbt.config.get("depth"),
    )
