"""BG/NBD from groups counted in SQL beside lifetimes, in time, on the same customers.

python bench/lifetime_value.py --customers 1000000
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from lifetimes import BetaGeoFitter
from run import beside_goal, measure

from precision_marketing.frames import one_thread
from precision_marketing.lifetime_value import fit_order_model

# Of lifetimes' processor time, when orders are known by the week and by the day.
GOALS = {"week": 0.05, "day": 0.15}
UNIT_DAYS = {"week": 7, "day": 1}
SIDES = ("ours", "lifetimes")
# The published parameters of CDNOW, alpha in days.
R, ALPHA, A, B = 0.243, 30.9, 0.793, 2.426
DAYS, ARRIVAL_DAYS = 546, 365
COLUMNS = ("repeat_count", "active_days", "age_days")


def make_customers(customers: int, unit: str, path: Path) -> None:
    """x, t_x and T of customers who come and go as BG/NBD says, known by the unit."""
    rng = np.random.default_rng(11)
    age = DAYS - rng.integers(0, ARRIVAL_DAYS, customers)
    rate = rng.gamma(R, 1 / ALPHA, customers)
    last = rng.geometric(np.maximum(rng.beta(A, B, customers), 1e-12))
    arrivals = rng.poisson(rate * age)
    repeats = np.minimum(arrivals, last)
    # The x-th of n uniform arrivals: a beta variate of the age.
    share = rng.beta(np.maximum(repeats, 1), arrivals - repeats + 1)
    active = np.where(repeats > 0, np.ceil(share * age), 0)
    days = UNIT_DAYS[unit]
    table = {
        "repeat_count": repeats,
        "active_days": np.ceil(active / days).astype(int) * days,
        "age_days": np.ceil(age / days).astype(int) * days,
    }
    pq.write_table(pa.table(table), path)


def fit_ours(path: Path) -> tuple[float, float, dict[str, float]]:
    start, processor = time.perf_counter(), time.process_time()
    groups = duckdb.sql(
        f"select {', '.join(COLUMNS)}, count(*) as customer_count"
        f" from read_parquet('{path}') group by all order by all"
    ).to_arrow_table()
    repeats, active, age, count = (
        column.to_numpy().astype(float) for column in groups.columns
    )
    with one_thread():
        fit = fit_order_model("bg_nbd", repeats, active / 7, age / 7, count)
    return time.perf_counter() - start, time.process_time() - processor, fit.value


def fit_lifetimes(path: Path) -> tuple[float, float, dict[str, float]]:
    table = pq.read_table(path).to_pandas()
    start, processor = time.perf_counter(), time.process_time()
    fit = BetaGeoFitter().fit(
        table["repeat_count"], table["active_days"] / 7, table["age_days"] / 7
    )
    wall, cpu = time.perf_counter() - start, time.process_time() - processor
    return wall, cpu, {name: float(value) for name, value in fit.params_.items()}


def work(side: str, path: Path, out: Path) -> None:
    """One fit in a process of its own; imports are not counted."""
    fit = fit_ours if side == "ours" else fit_lifetimes
    # DuckDB loads pandas with its first table, lifetimes when it is imported.
    duckdb.sql("select 1").to_arrow_table()
    wall, cpu, parameters = fit(path)
    out.write_text(json.dumps({"wall": wall, "cpu": cpu, "parameters": parameters}))


def compare(customers: int, unit: str, rounds: int, folder: Path) -> str:
    """Both sides in turn, their parameters held equal; a row of the table."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"customers_{customers}_{unit}.parquet"
    if not path.exists():
        make_customers(customers, unit, path)
    taken: dict[str, list[dict]] = {side: [] for side in SIDES}
    for number in range(rounds):
        for side in SIDES:
            out = folder / f"{side}.json"
            measure([__file__, "--work", side, str(path), str(out)])
            taken[side].append(json.loads(out.read_text()))
            print(
                f"{customers:,} customers by the {unit}, round {number + 1}, {side}:"
                f" {taken[side][-1]}",
                file=sys.stderr,
                flush=True,
            )
    ours, theirs = (taken[side][0]["parameters"] for side in SIDES)
    for name, value in ours.items():
        np.testing.assert_allclose(value, theirs[name], rtol=2e-3, err_msg=name)

    def ratio(what: str) -> float:
        pairs = zip(taken["ours"], taken["lifetimes"], strict=True)
        return statistics.median(a[what] / b[what] for a, b in pairs)

    seconds = [statistics.median(fit["cpu"] for fit in taken[side]) for side in SIDES]
    return (
        f"| {customers:,} | {unit} | {ratio('wall'):.3f} |"
        f" {beside_goal(ratio('cpu'), GOALS[unit])} | {seconds[0]:.2f} |"
        f" {seconds[1]:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(tempfile.gettempdir()) / "precision_marketing_bench",
    )
    given = parser.parse_args()
    if given.work:
        side, path, out = given.work
        work(side, Path(path), Path(out))
        return
    rows = [
        compare(customers, unit, given.rounds, given.data_dir)
        for customers in given.customers
        for unit in GOALS
    ]
    print(
        "| customers | known by the | time / lifetimes | processor time / lifetimes |"
        " our seconds | lifetimes' |"
    )
    print("|--:|---|--:|--:|--:|--:|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
