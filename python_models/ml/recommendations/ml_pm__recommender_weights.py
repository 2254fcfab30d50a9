"""How much each method counts in a blend, fitted on what was bought after a day."""

from precision_marketing.recommenders.blend import fit_blend
from precision_marketing.recommenders.knowledge import know
from precision_marketing.recommenders.methods import Recommenders
from precision_marketing.recommenders.neighbours import item_neighbours


def model(dbt, session):
    knowledge = know(
        calendar=dbt.ref("int_pm__recommendation_calendar").filter("fold = 'fit'"),
        customers=dbt.ref("int_pm__recommendation_customers").filter("fold = 'fit'"),
        items=dbt.ref("int_pm__recommendation_items").filter("fold = 'fit'"),
        purchases=dbt.ref("int_pm__recommendation_purchases").filter("fold = 'fit'"),
    )
    neighbours = item_neighbours(
        knowledge,
        dbt.ref("int_pm__recommendation_baskets"),
        least_content_similarity=dbt.config.get("least_content_similarity"),
    )
    anyone = dbt.ref("int_pm__recommendation_customers").limit(1)
    return fit_blend(
        Recommenders(
            knowledge,
            neighbours,
            has_als=dbt.config.get("has_als"),
            random_state=dbt.config.get("random_state"),
        ),
        dbt.ref("int_pm__recommendation_targets")
        .filter("fold = 'fit'")
        .to_arrow_table(),
        max_customers=dbt.config.get("max_customers"),
        min_customers=dbt.config.get("min_customers"),
        is_fitted_without_customers=anyone.shape[0] > 0,
    )
