"""The SQL of the basket models, run in memory on baskets of one's own."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from .builds import Project

# In the order in which each finds what it reads; baskets and item names are given.
MODELS = (
    "int_pm__item_basket_sizes",
    "int_pm__frequent_items",
    "int_pm__baskets",
    "int_pm__pair_counts",
    "int_pm__itemset_counts",
    "int_pm__frequent_itemsets",
    "int_pm__rule_counts",
    "int_pm__rule_subsets",
    "pm__item_pairs",
    "pm__frequent_itemsets",
    "pm__association_rules",
)


class BasketModels:
    """The basket models as dbt compiles them under some vars.

    Parameters
    ----------
    project : Project
        The parsed project.
    folder : pathlib.Path
        Where the warehouse would lie; compiled SQL names the database after it.
    settings
        dbt vars.
    """

    def __init__(self, project: Project, folder: Path, **settings):
        self._queries = project.compile(folder, MODELS, **settings)

    def run(self, baskets: pd.DataFrame) -> duckdb.DuckDBPyConnection:
        """All tables, in memory, from rows of order_id and item_id without repeats."""
        connection = duckdb.connect(config={"threads": 2})
        connection.execute("attach ':memory:' as shop")
        connection.execute("use shop")
        connection.register("given", baskets)
        connection.execute(
            "create table int_pm__basket_items as select order_id, item_id,"
            " count(*) over (partition by order_id) as basket_size from given"
        )
        connection.execute(
            "create table int_pm__items (item_id varchar, item_name varchar)"
        )
        for name, query in self._queries.items():
            connection.execute(f"create table {name} as {query}")
        return connection


def as_columns(baskets: pd.DataFrame) -> pd.DataFrame:
    """One row a basket, one column an item, true where the basket holds it."""
    return pd.crosstab(baskets["order_id"], baskets["item_id"]).astype(bool)
