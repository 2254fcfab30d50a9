"""Histories, changes and monthly steps of many customers within a memory limit.

python bench/movement.py --customers 1000000
python bench/movement.py --customers 10000000 --memory-limit 2GB
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from run import measure

PROJECT = Path(__file__).resolve().parents[1]
CATALOG = "shop"  # compiled SQL names the database
# From orders on, in graph order; what is not a table is a view, as in a build.
MODELS = [
    "int_pm__snapshot_calendar",
    "int_pm__customer_order_days",
    "int_pm__lifecycle_thresholds",
    "int_pm__lifecycle_snapshots",
    "int_pm__rfm_measures",
    "int_pm__rfm_thresholds",
    "int_pm__rfm_snapshots",
    "int_pm__main_channel",
    "int_pm__main_attributes",
    "int_pm__category_choice_changes",
    "int_pm__behaviour_changes",
    "int_pm__behaviour_states",
    "int_pm__segment_measures",
    "int_pm__segment_medians",
    "int_pm__segment_features",
    "int_pm__segment_feature_snapshots",
    "int_pm__segment_sample",
    "ml_pm__segment_models",
    "ml_pm__segment_selection",
    "ml_pm__segment_champion",
    "ml_pm__segment_core_points",
    "ml_pm__cluster_snapshots",
    "ml_pm__segment_snapshots",
    "ml_pm__segment_spells",
    "pm__segment_history",
    "ml_pm__segment_steps",
    "pm__segment_changes",
]
VIEWS = {"int_pm__segment_feature_snapshots", "ml_pm__segment_snapshots"}
SEEDS = ["pm_rfm_segment_map", "pm_segment_champion_rules"]

# Two years of customers who come at any day, order 1 to 60 times (4.5 on average) while
# they stay, cheaply or dearly; 3 % of orders are sent back whole.
ORDERS = """
with customers as (
    select
        i,
        'U' || lpad(i::varchar, 8, '0') as customer_id,
        (hash(i) % 730)::int as first_day,
        1 + floor(-4 * ln((hash(i * 7 + 1) % 1000000 + 1) / 1000001.0))::int as orders,
        (hash(i * 3 + 2) % 400)::int as life,
        exp(
            3.1 + 2 * (hash(i * 11 + 5) % 100 >= 60)::int
            + (hash(i * 13 + 3) % 1000) / 1000.0
        )::decimal(18, 2) as amount
    from range($customers) as numbers (i)
),

orders as (
    select
        *,
        hash(i * 31 + k) as dice,
        timestamp '2024-01-01 08:00:00'
        + to_days(least(729, first_day + case when k = 0 then 0 else
            (hash(i * 17 + k) % (life + 1))::int end))
        + to_seconds((hash(i * 17 + k) % 50000)::int) as ordered_at
    from customers, unnest(range(orders)) as numbers (k)
)

select
    (i * 100 + k)::varchar as order_id,
    customer_id,
    case when dice % 3 = 0 then 'web' else 'shop' end as channel,
    'DE' as country,
    2::bigint as line_count,
    (1 + dice % 4)::decimal(18, 3) as item_count,
    amount as gross_revenue,
    0::decimal(18, 2) as discount_amount,
    0::decimal(18, 2) as returned_revenue,
    amount as net_revenue,
    amount as winsorised_net_revenue,
    false as is_return,
    ordered_at,
    case when dice % 100 < 3 then least(
        ordered_at + to_days(12), timestamp '2025-12-31 23:00:00'
    ) end as fully_returned_at
from orders
"""
# Beside the orders: lines of eight categories, nobody described, plain segment names.
GIVEN = [
    "create table int_pm__as_of as select date '2026-01-01' as as_of_date,"
    " date '2024-01-01' as first_order_date, date '2025-12-31' as last_order_date",
    "create view int_pm__order_lines as select customer_id, is_return, ordered_at,"
    " 'C' || hash(order_id, k) % 8 as category"
    " from int_pm__customer_orders, unnest(range(2)) as numbers (k)",
    "create table stg_pm__customers (customer_id varchar, birth_date date,"
    " income decimal(18, 2), gender varchar, region varchar, language varchar)",
    "create table ml_pm__segment_names as select i as fitted_segment_id,"
    " 'Segment ' || i as segment_name from range(11) as numbers (i)",
]


def connect(folder: Path, limit: str):
    import duckdb

    return duckdb.connect(
        str(folder / f"{CATALOG}.duckdb"),
        config={"max_memory": limit, "threads": 2, "temp_directory": str(folder)},
    )


def make_data(folder: Path, customers: int, limit: str) -> None:
    (folder / f"{CATALOG}.duckdb").unlink(missing_ok=True)
    with connect(folder, limit) as connection:
        connection.execute(
            f"create table int_pm__customer_orders as {ORDERS}",
            {"customers": customers},
        )
        for statement in GIVEN:
            connection.execute(statement)
        for seed in SEEDS:
            connection.execute(
                f"create table {seed} as"
                f" from '{PROJECT / 'seeds' / 'lookups' / seed}.csv'"
            )


def compile_models(folder: Path) -> None:
    """Let dbt compile the models into `folder`."""
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "compile"]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(folder / "target")]
    command += ["--log-path", str(folder / "logs"), "--select", *MODELS]
    command += ["--vars", json.dumps({"pm_segment_algorithms": ["kmeans"]})]
    environment = os.environ | {"PM_WAREHOUSE": str(folder / f"{CATALOG}.duckdb")}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    compiled = {node["name"]: node.get("compiled_code") for node in nodes.values()}
    queries = {name: compiled[name] for name in MODELS}
    (folder / "queries.json").write_text(json.dumps(queries))


def make_model(folder: Path, name: str, limit: str) -> None:
    query = json.loads((folder / "queries.json").read_text())[name]
    with connect(folder, limit) as connection:
        if name == "ml_pm__segment_models":
            from precision_marketing.segments import fit_segment_models

            sample = connection.table("int_pm__segment_sample").to_arrow_table()
            columns = [c for c in sample.column_names if c != "customer_id"]
            fitted = fit_segment_models(
                sample,
                key="customer_id",
                feature_columns=columns,
                algorithms=["kmeans"],
            )
            connection.register("fitted", fitted)
            query = "from fitted"
        kind = "view" if name in VIEWS else "table"
        connection.execute(f"create or replace {kind} {name} as {query}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", default="all")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--memory-limit", default="2GB")
    parser.add_argument("--data-dir", type=Path)
    given = parser.parse_args()
    root = given.data_dir or Path(tempfile.gettempdir()) / "precision_marketing_bench"
    folder = root / f"movement_{given.customers}"
    folder.mkdir(parents=True, exist_ok=True)
    limit = given.memory_limit
    if given.part == "data":
        return make_data(folder, given.customers, limit)
    if given.part in MODELS:
        return make_model(folder, given.part, limit)
    if given.part != "all":
        parser.error(f"part must be all, data or a model, got {given.part}")

    again = ["--customers", str(given.customers), "--memory-limit", limit]
    again += ["--data-dir", str(root)]
    script = str(Path(__file__).resolve())
    start = time.perf_counter()
    measure([script, "data", *again])
    compile_models(folder)
    total = 0.0
    for name in MODELS:
        cost = measure([script, name, *again])
        total += cost.cpu
        print(
            f"{name}: {cost.wall:.1f} s, processor {cost.cpu:.1f} s,"
            f" {cost.memory:.2f} GB",
            flush=True,
        )
    with connect(folder, limit) as connection:
        (looks,) = connection.execute(
            "select count(*) from ml_pm__segment_snapshots"
        ).fetchone()
    print(
        f"{given.customers:,} customers, {looks:,} looks at one of them, limit {limit}:"
        f" processor {total:.0f} s in {time.perf_counter() - start:.0f} s"
    )
    return None


if __name__ == "__main__":
    main()
