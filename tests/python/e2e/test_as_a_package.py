"""A foreign project installs this one over tables and columns with other names."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from .builds import ROOT, Build, Project, environment

EXAMPLE = ROOT / "examples" / "as_a_package"


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> tuple[Project, Path]:
    """A copy of the example with the package installed, and where its file goes."""
    folder = tmp_path_factory.mktemp("package") / "blumenladen"
    shutil.copytree(
        EXAMPLE,
        folder,
        ignore=shutil.ignore_patterns("dbt_packages", "target", "logs", "*.duckdb*"),
    )
    packages = folder / "packages.yml"
    packages.write_text(packages.read_text().replace("../..", str(ROOT)))
    project = Project(tmp_path_factory.mktemp("dbt"), folder)
    assert project.invoke("deps").success
    return project, folder


@pytest.fixture(scope="module")
def build(shop) -> Build:
    project, folder = shop
    warehouse = folder / "blumenladen.duckdb"
    with environment(BLUMENLADEN_DATEI=warehouse):
        outcome = project.invoke("build", "--exclude-resource-type", "unit_test")
    return Build(warehouse, outcome).assert_green()


def receipts() -> list[dict[str, str]]:
    with (EXAMPLE / "seeds" / "kassenbons.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_shops_own_model_is_built_before_what_reads_it(build):
    order = list(build.statuses)
    assert order.index("model.blumenladen.stg_verkaeufe") < order.index(
        "model.precision_marketing.stg_pm__order_lines_checked"
    )
    assert order.index("seed.blumenladen.kunden") < order.index(
        "model.precision_marketing.stg_pm__customers_checked"
    )


def test_tables_come_out_in_the_schemas_that_the_shop_chose(build):
    schemas = dict(
        build.rows(
            "select table_schema, count(*) from information_schema.tables group by all"
        )
    )
    assert set(schemas) == {"laden", "laden_marketing"}
    assert schemas["laden"] == 7


def test_the_shops_money_arrives_whole(build):
    seen, money, rejected = set(), defaultdict(Decimal), 0
    for row in receipts():
        price = Decimal(row["einzelpreis"].replace(",", "."))
        if tuple(row.values()) in seen or price == 0:
            rejected += 1
            continue
        seen.add(tuple(row.values()))
        sign = -1 if row["storno"] == "ja" else 1
        money[row["kunden_nr"] or None] += sign * int(row["menge"]) * price
    found = build.rows(
        "select customer_id, sum(net_amount) from laden_marketing.pm__order_lines"
        " group by all"
    )
    assert dict(found) == money
    assert (
        build.value("select count(*) from laden_marketing.pm__rejected_rows")
        == rejected
    )
    assert rejected == 2


def test_names_and_columns_of_the_shop_are_carried_along(build):
    assert build.rows(
        "select item_name, category from laden_marketing.pm__items"
        " where item_id = '3001'"
    ) == [("Übertopf, blau", "Zubehör")]
    assert build.rows(
        "select distinct gender from laden_marketing.stg_pm__customers order by all"
    ) == [("female",), ("male",), (None,)]
    assert build.value(
        "select count(*) from laden_marketing.pm__order_lines"
        " where passthrough::json ->> 'kasse' in ('1', '2')"
    )


def test_the_shops_model_takes_the_place_of_the_packages(build):
    assert "model.blumenladen.stg_pm__items" in build.statuses
    assert "model.precision_marketing.stg_pm__items" not in build.statuses
    assert build.rows(
        "select category, count(*) from laden_marketing.pm__items group by all"
        " order by category"
    ) == [("Schnittblumen", 6), ("Topfpflanzen", 3), ("Zubehör", 3)]


@pytest.mark.parametrize(
    ("table", "some_columns"),
    [
        ("pm__customer_recommendations", {"customer_id", "item_id", "reason"}),
        ("pm__customer_lifetime_value", {"customer_id", "predicted_clv", "status"}),
    ],
)
def test_what_is_switched_off_is_there_and_empty(build, table, some_columns):
    table = f"laden_marketing.{table}"
    assert build.value(f"select count(*) from {table}") == 0
    columns = build.rows(f"select column_name from (describe {table}) order by all")
    assert some_columns <= {name for (name,) in columns}


def test_the_shop_has_metrics_and_a_calendar_of_its_own(build, shop):
    project, _ = shop
    manifest = json.loads(
        (project.scratch / "target/semantic_manifest.json").read_text()
    )
    metrics = {metric["name"] for metric in manifest["metrics"]}
    assert {"net_revenue", "pm_net_revenue"} <= metrics
    models = {model["name"] for model in manifest["semantic_models"]}
    assert {"customers", "pm_customers"} <= models
    spines = manifest["project_configuration"]["time_spines"]
    assert [spine["node_relation"]["alias"] for spine in spines] == ["kalender"]
    assert "model.precision_marketing.int_pm__days" not in build.statuses


def test_the_shops_own_vars_hold(build):
    assert build.rows(
        "select distinct horizon_days from laden_marketing.pm__customer_scores"
        " order by horizon_days"
    ) == [(60,)]


def test_the_shop_reads_a_public_table(build):
    assert build.value("select count(*) from laden.stammkunden") == build.value(
        "select count(*) from laden_marketing.pm__customers where order_count >= 3"
    )
    assert build.value("select count(*) from laden.stammkunden") > 5


def test_a_wrong_column_of_a_later_model_stops_the_run_before_it_is_read(shop):
    project, folder = shop
    settings = (folder / "dbt_project.yml").read_text()
    assert "ordered_at: zeitpunkt" in settings
    try:
        (folder / "dbt_project.yml").write_text(
            settings.replace("ordered_at: zeitpunkt", "ordered_at: zeitpunk")
        )
        with environment(BLUMENLADEN_DATEI=folder / "fresh.duckdb"):
            outcome = project.invoke(
                "build", "--select", "+stg_pm__order_lines_checked"
            )
    finally:
        (folder / "dbt_project.yml").write_text(settings)
    complaint = Build(folder / "fresh.duckdb", outcome).complaint
    assert "the input has no column zeitpunk; the nearest found one is zeitpunkt" in (
        complaint
    )
