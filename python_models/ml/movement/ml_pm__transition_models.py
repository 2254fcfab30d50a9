"""A Markov chain for each scheme of segments, as rows: what it says and how it did."""

from precision_marketing.movement import fit_transition_models


def model(dbt, session):
    return fit_transition_models(
        dbt.ref("ml_pm__segment_steps").to_arrow_table(),
        churned={"lifecycle": ["lapsed"]},
        # Habits settle: what newcomers did in their first months they do not do again.
        last_steps={"cluster": 3},
        test_steps=dbt.config.get("test_steps"),
        forecast_steps=dbt.config.get("forecast_steps"),
    )
