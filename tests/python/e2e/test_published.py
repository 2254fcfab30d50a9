"""Real clients read the published demo shop while a build has its own file locked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest
import sqlalchemy
from streamlit.testing.v1 import AppTest

from precision_marketing.publish import publish

from .builds import ROOT, Warehouse

# Where `make test` puts it.
OLDER_DUCKDB = Path(sys.prefix) / "duckdb-1.5"
REVENUE = (
    "select rfm_segment, count(*) as customers, sum(net_revenue) as net_revenue"
    " from pm__customers group by rfm_segment order by rfm_segment nulls last"
)
COUNT_ALL = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
tables = [name for (name,) in connection.execute("show tables").fetchall()]
counts = {
    name: connection.execute(f"select count(*) from {name}").fetchone()[0]
    for name in tables
}
print(json.dumps({"version": duckdb.__version__, "counts": counts}))
"""
HOLD = (
    "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print(1, flush=True);"
    " sys.stdin.read()"
)


@pytest.fixture(scope="module")
def published(demo: Warehouse, tmp_path_factory):
    """The copy, its Parquet files and its row counts, while the build is held open."""
    folder = tmp_path_factory.mktemp("published")
    # A copy, since other tests read the demo at the same time.
    built = folder / "build.duckdb"
    built.write_bytes(demo.warehouse.read_bytes())
    target = folder / "published.duckdb"
    tables = publish(built, target, parquet_folder=folder / "published")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(built)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as build:
        build.stdout.readline()
        with pytest.raises(duckdb.IOException, match="lock"):
            duckdb.connect(str(built), read_only=True)
        yield target, {table.name: table.row_count for table in tables}
        build.stdin.close()


@pytest.fixture(scope="module")
def revenue(demo: Warehouse) -> list[tuple]:
    return demo.rows(REVENUE)


def test_every_public_table_is_published(published, demo):
    _, counts = published
    assert set(counts) == set(demo.public_tables())
    assert counts["pm__customers"] == demo.value("select count(*) from pm__customers")


@pytest.mark.skipif(
    not OLDER_DUCKDB.is_dir(), reason=f"no {OLDER_DUCKDB}: `make test` installs it"
)
def test_an_older_duckdb_reads_every_table(published):
    target, counts = published
    answer = subprocess.run(
        [sys.executable, "-c", COUNT_ALL, str(target)],
        env={**os.environ, "PYTHONPATH": str(OLDER_DUCKDB)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(answer.stdout)
    assert told["version"].startswith("1.5.")
    assert told["counts"] == counts


def test_sqlalchemy_reads_tables_comments_and_rows(published, revenue):
    """The road of Superset and of many other BI servers."""
    target, counts = published
    engine = sqlalchemy.create_engine(
        f"duckdb:///{target}",
        connect_args={"read_only": True},
        # Nothing stays open after a look.
        poolclass=sqlalchemy.pool.NullPool,
    )
    inspector = sqlalchemy.inspect(engine)
    assert set(counts) <= set(inspector.get_table_names())
    assert "One row per" in inspector.get_table_comment("pm__customers")["text"]
    columns = {c["name"]: c for c in inspector.get_columns("pm__customers")}
    assert columns["net_revenue"]["comment"]
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.text(REVENUE)).fetchall()
        assert [tuple(row) for row in found] == revenue
        frame = pd.read_sql(sqlalchemy.text(REVENUE), connection)
    assert list(frame["customers"]) == [row[1] for row in revenue]


def test_parquet_is_read_without_duckdb(published, revenue):
    target, counts = published
    folder = target.parent / "published"
    for name, count in counts.items():
        assert pl.scan_parquet(folder / f"{name}.parquet").select(pl.len()).collect()[
            0, 0
        ] == (count)
    customers = pd.read_parquet(folder / "pm__customers.parquet")
    groups = customers.groupby("rfm_segment", dropna=False, sort=True)
    assert list(groups["net_revenue"].sum()) == [row[2] for row in revenue]
    lazily = (
        pl.scan_parquet(folder / "pm__customers.parquet")
        .group_by("rfm_segment")
        .agg(pl.len().alias("customers"), pl.col("net_revenue").sum())
        .sort("rfm_segment", nulls_last=True)
    )
    assert lazily.collect().rows() == revenue


def test_the_dashboard_shows_what_is_in_the_tables(published, demo, monkeypatch):
    target, _ = published
    monkeypatch.setenv("PM_PUBLISHED", str(target))
    app = AppTest.from_file(ROOT / "examples" / "dashboard" / "app.py").run(timeout=60)
    assert not app.exception
    segments, at_risk = (element.value for element in app.dataframe)
    shown = segments[["segment", "customers", "what to do"]]
    assert list(shown.itertuples(index=False, name=None)) == demo.rows(
        "select rfm_segment_label, customer_count, recommended_action"
        " from pm__rfm_segments order by share_of_revenue desc, rfm_segment"
    )
    assert len(at_risk) == 20


def test_the_months_of_the_dashboard_hold_all_revenue(published, demo):
    app = (ROOT / "examples" / "dashboard" / "app.py").read_text(encoding="utf-8")
    months = re.search(r'MONTHS = """(.*?)"""', app, re.S)[1]
    with duckdb.connect(str(published[0]), read_only=True) as connection:
        rows = connection.execute(months).fetchall()
    assert sum(revenue for _, revenue, _ in rows) == demo.value(
        "select sum(net_revenue) from pm__orders"
    )


def test_the_dashboard_without_a_copy_says_what_writes_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PM_PUBLISHED", str(tmp_path / "none.duckdb"))
    app = AppTest.from_file(ROOT / "examples" / "dashboard" / "app.py").run(timeout=60)
    assert not app.exception
    assert "`make publish` writes it" in app.error[0].value
