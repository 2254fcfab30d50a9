"""Nothing that happens from `pm_as_of` on is known.

Each shop is built from all of its lines and from those before `pm_as_of` only. What
looks from that day must come out the same, to the last digit, whatever came later.
"""

from __future__ import annotations

import copy
import datetime
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from .builds import (
    MODELS_ONLY,
    ROOT,
    Build,
    Project,
    data_set_folder,
    read_settings,
    write_csv,
)

# Every table that looks from pm_as_of. Line ids are left out with pm__order_lines: they
# may be a line's place in the input, which the cut moves.
TABLES = (
    "int_pm__outlier_bounds",
    "int_pm__customer_facts",
    "int_pm__customer_snapshots",
    "int_pm__labels_purchase",
    "int_pm__labels_churn",
    "int_pm__labels_spend",
    "int_pm__labels_category",
    "int_pm__active_customers",
    "ml_pm__feature_selection",
    "int_pm__rfm_measures",
    "pm__rfm_thresholds",
    "pm__rfm_scores",
    "pm__lifecycle_thresholds",
    "pm__customer_lifecycle",
    "pm__segment_history",
    "pm__segment_transitions",
    "pm__cohorts",
    "pm__items",
    "pm__item_pairs",
    "pm__frequent_itemsets",
    "pm__association_rules",
    "int_pm__segment_features",
    "pm__customer_segments",
    "pm__segments",
    "pm__segment_cross_table",
    "ml_pm__model_parameters",
    "pm__customer_scores",
    "int_pm__clv_histories",
    "ml_pm__clv_models",
    "pm__customer_lifetime_value",
    "pm__customer_spend_forecasts",
    "pm__clv_evaluation",
    "int_pm__recommendation_purchases",
    "int_pm__recommendation_items",
    "int_pm__recommendation_targets",
    "ml_pm__recommender_weights",
)
# And those that look from past days of their own.
TABLES_OF_PAST_DAYS = ("int_pm__customer_snapshots", "int_pm__active_customers")
SHOPS = ("nasty", "demo", "online_retail")


@dataclass(frozen=True)
class Shop:
    """A shop and the day to look from.

    Attributes
    ----------
    source : str
        Parquet file of its order lines.
    ordered_at : str
        SQL of a line's time.
    as_of : str
        pm_as_of.
    settings : dict
        dbt vars, of which `query` replaces the input of order lines.
    absurd_line : dict
        SQL of each column of a line that would change much, were it known.
    ordered_at_column : str
        The column of `absurd_line` that holds its time.
    last_day : str
        A day after `as_of` that is no typing error.
    """

    source: str
    ordered_at: str
    as_of: str
    settings: dict
    absurd_line: dict[str, str]
    ordered_at_column: str
    last_day: str

    @property
    def all_lines(self) -> str:
        return f"select * from '{self.source}'"

    @property
    def known_lines(self) -> str:
        return f"{self.all_lines} where {self.ordered_at} < timestamp '{self.as_of}'"

    def lines_and_absurd_one(self, ordered_at: str) -> str:
        line = self.absurd_line | {self.ordered_at_column: f"'{ordered_at}'"}
        columns = ", ".join(f'{value} as "{name}"' for name, value in line.items())
        return f"{self.all_lines} union all by name select {columns}"

    def settings_for(self, query: str) -> dict:
        settings = copy.deepcopy(self.settings) | {"pm_as_of": self.as_of}
        order_lines = settings["pm_inputs"]["order_lines"]
        order_lines.pop("path", None)
        order_lines["query"] = query
        return settings


def nasty_lines() -> list[dict[str, str]]:
    """A shop of what is rare and allowed, with one or two lines of each."""

    def line(order_id, customer_id, ordered_at, item_id="A", quantity=1, price="2.50"):
        return {
            "order_id": order_id,
            "customer_id": customer_id,
            "ordered_at": f"{ordered_at} 10:00:00",
            "item_id": item_id,
            "item_name": f"Item {item_id}",
            "category": "Home" if item_id < "C" else "Toys",
            "quantity": str(quantity),
            "unit_price": price,
        }

    months = [
        line(f"{customer}-{month}", customer, f"2024-{month:02d}-15", item)
        for number, customer in enumerate("CDEFGH")
        for month in range(1 + number % 3, 13, 1 + number % 4)
        for item in "ABCD"[: 2 + number % 3]
    ]
    return [
        *months,
        # The only order of A and of B in its window is of both of them.
        line("A1", "A", "2024-01-10"),
        line("B1", "B", "2024-01-10"),
        line("SHARED", "A", "2024-07-10", "A"),
        line("SHARED", "B", "2024-07-10", "B", 2),
        line("A2", "A", "2024-11-10"),
        line("B2", "B", "2024-12-10"),
        # An order of somebody and of nobody.
        line("HALF", "I", "2024-07-11", "A"),
        line("HALF", "", "2024-07-11", "B"),
        # A return booked under its sale's order id: before pm_as_of, over it, after it.
        line("OWN-1", "J", "2024-03-01", "A", 3),
        line("OWN-1", "J", "2024-04-01", "A", -3),
        line("OWN-2", "J", "2024-10-01", "B", 3),
        line("OWN-2", "J", "2024-11-20", "B", -1),
        line("OWN-2", "J", "2024-12-20", "B", -2),
        line("OWN-3", "K", "2024-10-01", "C", 3),
        line("OWN-3", "K", "2024-12-02", "C", -3),
        # What goes on over 7 August, the last past day that models look from: an order
        # over its midnight, one undone later, an item that only then has a category.
        line("MIDNIGHT", "L", "2024-08-06", "A"),
        line("MIDNIGHT", "L", "2024-08-08", "B", 7),
        line("UNDONE", "K", "2024-08-01", "C", 2),
        line("UNDONE", "K", "2024-08-20", "C", -2),
        line("F-1", "L", "2024-06-01", "F") | {"category": ""},
        line("F-2", "L", "2024-10-01", "F") | {"category": "Garden"},
        # An order that goes on after pm_as_of.
        line("LONG", "L", "2024-11-29", "A"),
        line("LONG", "L", "2024-12-03", "B"),
        # Large, and not too large to be meant.
        line("LARGE-1", "M", "2024-02-01", "A", 100_000, "9999999"),
        line("LARGE-2", "M", "2024-11-01", "B", 100_000, "9999999"),
        line("LARGE-2", "M", "2024-11-03", "B", -100_000, "9999999"),
        line("LARGE-3", "M", "2024-12-30", "B", 100_000, "9999999"),
        # An item, a spelling and a name that only come later.
        line("LATER", "N", "2024-12-05", "E"),
        line("LATER", "N", "2024-12-05", "a", 5) | {"item_name": "ITEM A"},
    ]


def text_parquet(csv: Path, folder: Path) -> str:
    """A CSV file as a Parquet file of text, to be filtered without its types."""
    path = folder / "order_lines.parquet"
    duckdb.sql(
        f"copy (from read_csv('{csv}', all_varchar = true))"
        f" to '{path}' (format parquet)"
    )
    return str(path)


ABSURD_TEXTS = {
    "order_id": "'ABSURD'",
    "item_name": "'Absurd'",
    "category": "'Absurd'",
    "quantity": "'1000000000'",
    "unit_price": "'9'",
}


def nasty_shop(folder: Path) -> Shop:
    return Shop(
        source=text_parquet(write_csv(folder / "lines.csv", nasty_lines()), folder),
        ordered_at="cast(ordered_at as timestamp)",
        as_of="2024-12-01",
        settings={"pm_inputs": {"order_lines": {}}},
        absurd_line=ABSURD_TEXTS | {"customer_id": "'A'", "item_id": "'A'"},
        ordered_at_column="ordered_at",
        last_day="2024-12-31",
    )


def demo_shop(folder: Path) -> Shop:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    return Shop(
        source=text_parquet(ROOT / "seeds" / "demo" / "order_lines.csv", folder),
        ordered_at="try_cast(ordered_at as timestamp)",
        as_of="2025-07-01",
        settings={"pm_inputs": project["vars"]["pm_inputs"]},
        absurd_line=ABSURD_TEXTS
        | {"customer_id": "'U000001'", "item_id": "'SKU-0001'"},
        ordered_at_column="ordered_at",
        last_day="2025-12-30",
    )


def online_retail_shop(folder: Path) -> Shop:
    data_set_folder("online_retail")
    return Shop(
        source="${PM_DATA}/online_retail/online_retail.parquet",
        ordered_at="InvoiceDate",
        as_of="2011-10-01",
        settings=read_settings("online_retail"),
        absurd_line={
            "InvoiceNo": "'999999'",
            "StockCode": "'85123A'",
            "Description": "'ABSURD'",
            "Quantity": "1000000000",
            "UnitPrice": "9.0",
            "CustomerID": "17850.0",
            "Country": "'France'",
        },
        ordered_at_column="InvoiceDate",
        last_day="2011-12-09",
    )


@pytest.fixture(scope="module", params=SHOPS)
def shop(request, tmp_path_factory) -> Shop:
    make = {
        "nasty": nasty_shop,
        "demo": demo_shop,
        "online_retail": online_retail_shop,
    }
    return make[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def build_tables(project: Project, tmp_path_factory):
    """A function that builds the tables of a shop from a query of its lines."""

    def build(shop: Shop, query: str) -> Build:
        return project.build(
            tmp_path_factory.mktemp("as_of"),
            settings=shop.settings_for(query),
            select=" ".join(f"+{table}" for table in TABLES),
            without=MODELS_ONLY,
        ).assert_green()

    return build


@pytest.fixture(scope="module")
def known(build_tables, shop) -> Build:
    """From the lines before pm_as_of alone."""
    return build_tables(shop, shop.known_lines)


@pytest.fixture(scope="module")
def full(build_tables, shop) -> Build:
    return build_tables(shop, shop.all_lines)


@pytest.fixture(scope="module")
def with_absurd_future(build_tables, shop) -> Build:
    return build_tables(shop, shop.lines_and_absurd_one(f"{shop.last_day} 12:00:00"))


@pytest.fixture(scope="module")
def with_absurd_past(build_tables, shop) -> Build:
    day_before = datetime.date.fromisoformat(shop.as_of) - datetime.timedelta(days=1)
    return build_tables(shop, shop.lines_and_absurd_one(f"{day_before} 12:00:00"))


def differences(
    expected: Build, found: Build, table: str, where: str = "true"
) -> list[tuple]:
    """A few rows that only one of two builds has, marked with which."""
    with expected.connection() as connection:
        connection.execute(f"attach '{found.warehouse}' as other (read_only)")
        return connection.execute(
            f"""
            with expected as (from shop.{table} where {where}),
            found as (from other.{table} where {where})
            (select 'only expected' as side, * from (
                from expected except all from found) limit 3)
            union all
            (select 'only found' as side, * from (
                from found except all from expected) limit 3)
            """
        ).fetchall()


@pytest.mark.parametrize("table", TABLES)
def test_what_came_later_changes_nothing(known, full, table):
    assert differences(known, full, table) == []


@pytest.mark.parametrize("table", TABLES)
def test_not_even_an_absurd_order_that_came_later(known, with_absurd_future, table):
    assert differences(known, with_absurd_future, table) == []


@pytest.mark.parametrize("shop", ["nasty", "demo"], indirect=True)
@pytest.mark.parametrize(
    "table",
    [
        "int_pm__customer_facts",
        "int_pm__customer_snapshots",
        "pm__rfm_scores",
        "pm__items",
    ],
)
def test_the_same_order_a_day_before_is_seen(known, with_absurd_past, table):
    assert differences(known, with_absurd_past, table)


@pytest.mark.parametrize("shop", ["demo", "online_retail"], indirect=True)
def test_the_tables_compared_are_not_empty(known, shop):
    counts = {table: known.value(f"select count(*) from {table}") for table in TABLES}
    has_categories = known.value("select count(category) from int_pm__items") > 0
    assert {table for table, count in counts.items() if not count} == (
        set() if has_categories else {"int_pm__labels_category"}
    )
    splits = known.rows("select distinct split from int_pm__model_folds order by split")
    assert [split for (split,) in splits] == ["score", "test", "train"]


@pytest.fixture(scope="module")
def last_past_day(full) -> datetime.date:
    """The last day before pm_as_of that models look from."""
    return full.value(
        "select max(as_of_date) from int_pm__model_folds where split != 'score'"
    )


@pytest.fixture(scope="module")
def until_past_day(project, shop, last_past_day, tmp_path_factory) -> Build:
    """From the lines before the last past day alone, pm_as_of being the same."""
    query = f"{shop.all_lines} where {shop.ordered_at} < timestamp '{last_past_day}'"
    return project.build(
        tmp_path_factory.mktemp("past"),
        settings=shop.settings_for(query),
        select=" ".join(f"+{table}" for table in TABLES_OF_PAST_DAYS),
        without=MODELS_ONLY,
    ).assert_green()


@pytest.mark.parametrize("shop", ["nasty", "online_retail"], indirect=True)
@pytest.mark.parametrize("table", TABLES_OF_PAST_DAYS)
def test_what_came_after_a_past_day_changes_nothing_of_it(
    until_past_day, full, last_past_day, table
):
    moved = differences(
        until_past_day, full, table, f"as_of_date <= date '{last_past_day}'"
    )
    assert moved == []
    # The comparison can fail: today knows what came since.
    assert differences(until_past_day, full, table)


@pytest.mark.parametrize("shop", ["nasty"], indirect=True)
def test_an_order_shared_by_two_customers_is_bought_by_both(full, shop):
    # It is the only order of either in the window after 8 June.
    labels = full.rows(
        "select customer_id, label from int_pm__labels_purchase"
        " where customer_id in ('A', 'B') and as_of_date = '2024-06-08' order by all"
    )
    assert labels == [("A", 1), ("B", 1)]


@pytest.mark.parametrize("shop", ["nasty"], indirect=True)
@pytest.mark.parametrize("as_of", ["2024-12-01", "2024-11-02", ""])
def test_a_shop_of_rare_cases_passes_every_test(project, shop, tmp_path, as_of):
    project.build(
        tmp_path, settings=shop.settings_for(shop.all_lines) | {"pm_as_of": as_of}
    ).assert_green()


# -- The whole demo shop, with its data tests, looked at from other days ---------------
HALF_WAY, END = "2025-07-01", "2026-01-01"
# What the scores of a past day are held against, without any fit.
WHAT_CAME = (
    "+int_pm__activity_orders +int_pm__activity_choices +int_pm__return_matches"
    " ml_pm__score_history ml_pm__realised_scores pm__realised_scores"
)


@pytest.fixture(scope="module")
def build_demo(project: Project, tmp_path_factory):
    def build(as_of: str, **settings) -> Build:
        return project.build(
            tmp_path_factory.mktemp("demo"), settings={"pm_as_of": as_of} | settings
        ).assert_green()

    return build


@pytest.fixture(scope="module")
def half_way(build_demo) -> Build:
    return build_demo(HALF_WAY)


def test_the_demo_half_way_passes_every_test(half_way):
    assert half_way.value(
        "select max(last_order_at) from pm__customers"
    ) < datetime.datetime.fromisoformat(HALF_WAY)


def test_before_the_first_order_nothing_is_known(build_demo):
    build = build_demo("2020-01-01")
    for table in ("pm__item_pairs", "pm__rfm_scores", "pm__customer_scores"):
        assert build.value(f"select count(*) from {table}") == 0, table
    assert (
        build.rows(
            "select * from pm__items where order_count != 0 or quantity_sold != 0"
            " or quantity_returned != 0 or net_revenue != 0 or name_count != 0"
            " or first_sold_at is not null or last_sold_at is not null"
        )
        == []
    )


# The demo's regions tell nothing. Here frequent buyers live in the North.
PLANTED_REGIONS = f"""
    select customers.* replace (
        case
            when orders >= 4 then 'North'
            when orders >= 2 then 'South'
            when region = 'East' then null
            else 'West'
        end as region
    )
    from read_csv('{ROOT}/seeds/demo/customers.csv', all_varchar = true) as customers
    left join (
        select customer_id, count(distinct order_id) as orders
        from read_csv('{ROOT}/seeds/demo/order_lines.csv', all_varchar = true)
        group by customer_id
    ) as counts using (customer_id)
"""


@pytest.fixture(scope="module")
def long_after(build_demo) -> Build:
    inputs = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]["pm_inputs"]
    inputs["customers"] = {"query": PLANTED_REGIONS}
    return build_demo("2026-02-14", pm_inputs=inputs)


def test_long_after_the_last_order_customers_have_been_away_longer(long_after, demo):
    shortest = "select min(recency_days) from pm__rfm_scores"
    assert (long_after.value(shortest), demo.value(shortest)) == (45, 1)


def test_regions_that_tell_buyers_apart_are_features_with_words(long_after, demo):
    levels = dict(
        long_after.rows(
            "select level, 'region_' || level_number from int_pm__attribute_levels"
            " where attribute = 'region' order by level"
        )
    )
    assert set(levels) == {"North", "South", "West"}
    selected = (
        "select feature from pm__feature_catalogue where target = 'purchase'"
        " and is_selected and feature like 'region%' order by feature"
    )
    assert {(levels["North"],), ("region_missing",)} <= set(long_after.rows(selected))
    assert demo.rows(selected) == []
    reasons = long_after.rows(
        "select distinct reason_1, customers.region from pm__customer_scores"
        " inner join stg_pm__customers as customers using (customer_id)"
        " where target = 'purchase' and reason_1 like '%region%' order by all"
    )
    # What speaks for buyers is where they live, and never where they do not.
    assert ("+ region North", "North") in reasons
    assert ("- region not known", None) in reasons
    assert {reason[2:] for reason, _ in reasons} == {
        "region not known" if region is None else f"region {region}"
        for _, region in reasons
    }


# -- Half a year later, in the same warehouse -----------------------------------------
@pytest.fixture(scope="module")
def given(half_way) -> pd.DataFrame:
    """The scores as they were given half way, before any window has closed."""
    assert half_way.value("select count(*) from pm__realised_scores") == 0
    return half_way.frame("from pm__customer_scores order by target, customer_id")


@pytest.fixture(scope="module")
def scored_twice(project, half_way, given) -> Build:
    """The same day again: its scores are given once more."""
    return project.build(
        half_way.warehouse.parent,
        settings={"pm_as_of": HALF_WAY},
        select="int_pm__as_of ml_pm__score_history",
    ).assert_green()


@pytest.fixture(scope="module")
def half_a_year_later(project, scored_twice) -> Build:
    return project.build(
        scored_twice.warehouse.parent,
        settings={"pm_as_of": END},
        select=WHAT_CAME,
        # Tests of what is built here alone: the rest stays as it was half way.
        flags=("--full-refresh", "--indirect-selection", "cautious"),
    ).assert_green()


def not_erased(scores: pd.DataFrame, build: Build) -> pd.DataFrame:
    rows = build.rows("select customer_id from stg_pm__erasures order by customer_id")
    erased = [customer_id for (customer_id,) in rows]
    return scores[~scores["customer_id"].isin(erased)].reset_index(drop=True)


def kept_scores(build: Build) -> pd.DataFrame:
    return build.frame(
        "select target, customer_id, prediction, baseline_prediction, model_version"
        f" from ml_pm__score_history where as_of_date = '{HALF_WAY}'"
        " order by target, customer_id"
    )


def test_scores_that_were_given_are_kept(given, half_a_year_later):
    expected = pd.DataFrame(
        {
            "target": given["target"],
            "customer_id": given["customer_id"],
            "prediction": given["probability"].fillna(given["expected_value"]),
            "baseline_prediction": given["baseline_probability"].fillna(
                given["baseline_expected_value"]
            ),
            "model_version": given["model_version"],
        }
    )
    # The warehouse is one: what it holds now is left of both builds.
    assert len(not_erased(given, half_a_year_later)) < len(given)
    pd.testing.assert_frame_equal(
        kept_scores(half_a_year_later), not_erased(expected, half_a_year_later)
    )


def test_what_was_predicted_is_held_against_what_came(given, half_a_year_later):
    window_end = datetime.date.fromisoformat(HALF_WAY) + datetime.timedelta(days=90)
    buyers = half_a_year_later.frame(
        "select distinct customer_id from int_pm__customer_orders"
        f" where ordered_at >= '{HALF_WAY}' and ordered_at < '{window_end}'"
        " and not is_return"
        f" and coalesce(fully_returned_at >= '{window_end}', true)"
        " order by customer_id"
    )
    kept = not_erased(given, half_a_year_later)
    bought = kept["customer_id"].isin(buyers["customer_id"])
    came = {"purchase": bought, "churn": ~bought}
    realised = half_a_year_later.frame(
        "from pm__realised_scores order by target, decile"
    ).set_index("target")
    assert set(realised["label_end_date"].dt.date) == {window_end}
    for target, label in came.items():
        is_target = kept["target"] == target
        deciles = realised.loc[target]
        counts = deciles["customer_count"]
        assert counts.sum() == is_target.sum()
        assert (deciles["realised_mean"] * counts).sum() == pytest.approx(
            label[is_target].sum()
        )
        assert (deciles["mean_prediction"] * counts).sum() == pytest.approx(
            kept.loc[is_target, "probability"].sum()
        )
        # The scores meant something: who was called likely did it more often.
        assert deciles["realised_mean"].iloc[0] > 2 * deciles["realised_mean"].iloc[-1]
    assert set(realised.index) == set(given["target"])
