"""The same order lines, brought in every way that a mapping knows."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from .builds import LINES, MODELS_ONLY, ROOT, Build, Project, write_csv

# Column names as shops have them: blanks, capitals, a dot, a quote.
GERMAN = [
    {
        "Beleg Nr.": "R1",
        "KUNDE": "7",
        "Datum": "2024-03-01 10:00:00",
        "Artikel": "A",
        "Menge": "2",
        'Preis "netto"': "1,50",
        "Filiale": "Nord",
        "Kasse": "3",
    },
    {
        "Beleg Nr.": "R2",
        "KUNDE": "8",
        "Datum": "2024-03-02 11:00:00",
        "Artikel": "B; groß",
        "Menge": "1",
        'Preis "netto"': "10,00",
        "Filiale": "Süd",
        "Kasse": "",
    },
]
COLUMNS = {
    "order_id": "Beleg Nr.",
    "customer_id": "kunde",
    "ordered_at": "datum",
    "item_id": "Artikel",
    "quantity": "MENGE",
    "unit_price": """replace("Preis ""netto""\", ',', '.')""",
    "channel": "'store'",
}
MAPPING = {"columns": COLUMNS, "passthrough": ["Filiale", "Kasse"]}


@pytest.fixture
def build_input(project: Project, tmp_path: Path):
    """A function that builds the checked lines of an order_lines mapping."""

    def build(order_lines: dict, **environment: str) -> Build:
        return project.build(
            tmp_path,
            settings={"pm_inputs": {"order_lines": order_lines}},
            select=LINES,
            without=MODELS_ONLY,
            **environment,
        ).assert_green()

    return build


def assert_german_lines(build: Build) -> None:
    rows = build.records("from stg_pm__order_lines_checked order by order_id")
    assert [
        (r["order_id"], r["customer_id"], r["item_id"], r["net_amount"]) for r in rows
    ] == [
        ("R1", "7", "A", Decimal("3.00")),
        ("R2", "8", "B; groß", Decimal("10.00")),
    ]
    assert {r["reject_reason"] for r in rows} == {None}
    assert {r["channel"] for r in rows} == {"store"}
    assert [json.loads(r["passthrough"]) for r in rows] == [
        {"Filiale": "Nord", "Kasse": "3"},
        {"Filiale": "Süd", "Kasse": None},
    ]


def test_a_semicolon_file_with_column_names_of_its_own(build_input, tmp_path):
    path = write_csv(tmp_path / "Verkäufe 2024.csv", GERMAN, delimiter=";")
    mapping = MAPPING | {"path": str(path), "options": {"delim": ";"}}
    assert_german_lines(build_input(mapping))


def test_a_file_quoted_with_single_quotes(build_input, tmp_path):
    path = write_csv(tmp_path / "sales.csv", GERMAN, delimiter=";")
    # Names and values in the one kind of quote, where a double quote is plain text.
    text = path.read_text(encoding="utf-8").replace(
        '"Preis ""netto"""', "'Preis \"netto\"'"
    )
    path.write_text(text.replace('"B; groß"', "'B; groß'"), encoding="utf-8")
    options = {"delim": ";", "quote": "'", "escape": "'"}
    assert_german_lines(build_input(MAPPING | {"path": str(path), "options": options}))


def test_several_files_found_by_a_pattern_with_the_folder_as_a_variable(
    build_input, tmp_path
):
    for number, row in enumerate(GERMAN):
        write_csv(tmp_path / f"sales_{number}.csv", [row])
    build = build_input(
        MAPPING | {"path": "${SHOP_FOLDER}/sales_*.csv"}, SHOP_FOLDER=str(tmp_path)
    )
    assert_german_lines(build)


def test_a_list_of_files_whose_columns_are_in_another_order(build_input, tmp_path):
    first = write_csv(tmp_path / "first.csv", GERMAN[:1])
    turned = [dict(reversed(row.items())) for row in GERMAN[1:]]
    second = write_csv(tmp_path / "second.csv", turned)
    assert_german_lines(build_input(MAPPING | {"path": [str(first), str(second)]}))


def test_a_compressed_file(build_input, tmp_path):
    plain = write_csv(tmp_path / "sales.csv", GERMAN)
    packed = tmp_path / "sales.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert_german_lines(build_input(MAPPING | {"path": str(packed)}))


def test_a_path_relative_to_the_project(build_input):
    build = build_input({"path": "seeds/demo/order_lines.csv"})
    assert build.value("select count(*) > 20000 from stg_pm__order_lines_checked")


def test_parquet_files_with_types_of_their_own(build_input, tmp_path):
    path = write_csv(tmp_path / "sales.csv", GERMAN)
    for number in (1, 2):
        duckdb.execute(
            f"""copy (
                select * replace (cast(Datum as timestamp) as Datum,
                    cast(Menge as tinyint) as Menge)
                from read_csv('{path}', all_varchar = true)
                where "Beleg Nr." = 'R{number}'
            ) to '{tmp_path}/part_{number}.parquet'"""
        )
    build = build_input(MAPPING | {"path": f"{tmp_path}/part_*.parquet"})
    assert_german_lines(build)
    # Rows carry their place: file and row number in it.
    assert build.rows(
        "select raw_row_id from stg_pm__order_lines_checked order by all"
    ) == [(1,), (2**40 + 1,)]


@pytest.mark.parametrize("kind", ["relation", "query"])
def test_a_table_in_another_schema_of_the_warehouse(build_input, tmp_path, kind):
    path = write_csv(tmp_path / "sales.csv", GERMAN)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("create schema raw")
        connection.execute(
            f"create view raw.sales as from read_csv('{path}', all_varchar = true)"
        )
    text = "raw.sales"
    if kind == "query":
        text = "select *, -- all of it\nfrom raw.sales order by 1; "
    assert_german_lines(build_input(MAPPING | {kind: text}))


def test_a_table_of_an_attached_database(tmp_path, tmp_path_factory):
    path = write_csv(tmp_path / "sales.csv", GERMAN)
    other = tmp_path / "till.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("create schema raw")
        connection.execute(
            f"create table raw.sales as from read_csv('{path}', all_varchar = true)"
        )
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "profiles.yml").write_text(
        f"""
precision_marketing:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "{{{{ env_var('PM_WAREHOUSE') }}}}"
      threads: 2
      attach: [{{path: "{other}", alias: till, read_only: true}}]
"""
    )
    project = Project(tmp_path_factory.mktemp("dbt"), ROOT, profiles)
    build = project.build(
        tmp_path,
        settings={
            "pm_inputs": {"order_lines": MAPPING | {"relation": "till.raw.sales"}}
        },
        select=LINES,
        without=MODELS_ONLY,
    ).assert_green()
    assert_german_lines(build)


def test_a_query_joins_files_and_numbers_its_rows_in_its_order(build_input, tmp_path):
    heads = [
        {"Beleg": "R1", "Kunde": "7", "Datum": "2024-03-01"},
        {"Beleg": "R2", "Kunde": "8", "Datum": "2024-03-02"},
    ]
    lines = [
        {"Beleg": "R2", "Artikel": "B", "Menge": "1"},
        {"Beleg": "R1", "Artikel": "A", "Menge": "2"},
    ]
    write_csv(tmp_path / "heads.csv", heads)
    write_csv(tmp_path / "lines.csv", lines)
    build = build_input(
        {
            "query": """
                select * from '${SHOP_FOLDER}/lines.csv'
                inner join '${SHOP_FOLDER}/heads.csv' using (Beleg)
                order by Beleg
            """,
            "columns": {
                "order_id": "Beleg",
                "customer_id": "Kunde",
                "ordered_at": "Datum",
                "item_id": "Artikel",
                "quantity": "Menge",
                "unit_price": 1.25,
            },
        },
        SHOP_FOLDER=str(tmp_path),
    )
    assert build.rows(
        "select raw_row_id, order_id, item_id, gross_amount"
        " from stg_pm__order_lines_checked order by raw_row_id"
    ) == [(1, "R1", "A", Decimal("2.50")), (2, "R2", "B", Decimal("1.25"))]
