"""A Markov chain over what visitors do next, as rows."""

from precision_marketing.movement import fit_event_chain


def model(dbt, session):
    return fit_event_chain(dbt.ref("int_pm__event_steps").to_arrow_table())
