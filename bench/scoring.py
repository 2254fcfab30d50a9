"""Scores of a logistic regression in SQL beside scikit-learn, there and back again.

python bench/scoring.py --customers 1000000
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from run import THREADS, beside_goal, measure
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

PROJECT = Path(__file__).resolve().parents[1]
GOAL = 0.25  # of scikit-learn's processor time
PEERS = ("arrow", "pandas")  # what carries the rows to scikit-learn
FEATURES = [f"feature_{number:02d}" for number in range(1, 21)]
TRAINING_ROWS = 50_000
MISSING_SHARE = 0.05
CLIPPED_SHARE = 0.005  # on either side
LARGEST_DIFFERENCE = 1e-9
# What ml_pm__linear_scores is made of, for features of one's own.
QUERY = """
with scores as (
    {{ pm_linear_scores('keys', 'features', 'parameters', %s) }}
)
select customer_id, {{ pm_prediction_of_line('score', 'kind') }} as prediction
from scores
"""


def connect(warehouse: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(warehouse), config={"threads": THREADS})


def make_warehouse(customers: int, folder: Path) -> None:
    """Customers with features, some missing, some far out, and rows to learn from."""
    generator = np.random.default_rng(23)
    rows = generator.standard_t(5, size=(customers, len(FEATURES)))
    chance = 1 / (1 + np.exp(1 - rows @ np.linspace(-0.5, 0.8, len(FEATURES))))
    is_buyer = generator.random(customers) < chance
    np.savez(
        folder / "training.npz",
        rows=rows[:TRAINING_ROWS],
        is_buyer=is_buyer[:TRAINING_ROWS],
    )
    is_missing = generator.random(rows.shape) < MISSING_SHARE
    columns = {
        name: pa.array(rows[:, position], mask=is_missing[:, position])
        for position, name in enumerate(FEATURES)
    }
    keys = [f"U{number:08d}" for number in range(customers)]
    given = pa.table({"customer_id": keys} | columns)
    with connect(folder / "warehouse.duckdb") as connection:
        connection.register("given", given)
        connection.execute(
            "create table features as"
            " select date '2026-01-01' as as_of_date, * from given"
        )
        connection.execute(
            "create table keys as select 'v' as model_version, 'binary' as kind,"
            " as_of_date, customer_id from features"
        )


def fit_pipeline(folder: Path) -> Pipeline:
    """What a notebook would score with; the same each time it is fitted."""
    training = np.load(folder / "training.npz")
    rows = training["rows"]
    tails = [CLIPPED_SHARE, 1 - CLIPPED_SHARE]
    lower, upper = np.quantile(rows, tails, axis=0)
    clip = FunctionTransformer(np.clip, kw_args={"a_min": lower, "a_max": upper})
    pipeline = make_pipeline(
        SimpleImputer(strategy="median"), clip, StandardScaler(), LogisticRegression()
    )
    return pipeline.fit(rows, training["is_buyer"])


def write_parameters(folder: Path) -> None:
    """The pipeline as a row, as ml_pm__linear_parameters has it."""
    imputer, clip, scaler, line = (step for _, step in fit_pipeline(folder).steps)
    components = {
        "fill": imputer.statistics_,
        "lower": clip.kw_args["a_min"],
        "upper": clip.kw_args["a_max"],
        "mean": scaler.mean_,
        "scale": scaler.scale_,
        "coefficient": line.coef_[0],
    }
    parameters = {"model_version": "v", "intercept": line.intercept_[0]} | {
        f"{component}_{name}": value
        for component, values in components.items()
        for name, value in zip(FEATURES, values, strict=True)
    }
    with connect(folder / "warehouse.duckdb") as connection:
        connection.register("given", pa.Table.from_pylist([parameters]))
        connection.execute("create or replace table parameters as from given")


def compile_query(folder: Path) -> None:
    """Let dbt write the project's own SQL for these features."""
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "compile"]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(folder / "target")]
    command += ["--log-path", str(folder / "logs"), "--inline", QUERY % FEATURES]
    environment = os.environ | {"PM_WAREHOUSE": str(folder / "compiled.duckdb")}
    ran = subprocess.run(
        command, check=True, env=environment, stdout=subprocess.PIPE, text=True
    )
    (folder / "query.sql").write_text(ran.stdout)


def score_in_sql(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    query = (folder / "query.sql").read_text()
    connection.execute(f"create or replace table ours as {query}")


def score_over_arrow(connection: duckdb.DuckDBPyConnection, pipeline: Pipeline) -> None:
    table = connection.table("features").to_arrow_table()
    # Column by column, as DuckDB has them: a matrix by rows takes three times as long.
    rows = np.empty((table.num_rows, len(FEATURES)), order="F")
    for position, name in enumerate(FEATURES):
        rows[:, position] = table[name].to_numpy()
    predictions = pipeline.predict_proba(rows)[:, 1]
    scored = pa.table({"customer_id": table["customer_id"], "prediction": predictions})
    connection.register("scored", scored)
    connection.execute("create or replace table arrow as from scored")


def score_over_pandas(
    connection: duckdb.DuckDBPyConnection, pipeline: Pipeline
) -> None:
    frame = connection.table("features").df()
    predictions = pipeline.predict_proba(frame[FEATURES].to_numpy())[:, 1]
    scored = frame[["customer_id"]].assign(prediction=predictions)
    connection.register("scored", scored)
    connection.execute("create or replace table pandas as from scored")


def work(side: str, folder: Path) -> None:
    """One scoring of everybody in a process of its own, without imports and fit."""
    pipeline = fit_pipeline(folder)
    with connect(folder / "warehouse.duckdb") as connection:
        # DuckDB loads pyarrow and pandas with the first table and frame.
        connection.sql("select 1").to_arrow_table()
        connection.sql("select 1").df()
        start, processor = time.perf_counter(), time.process_time()
        if side == "ours":
            score_in_sql(connection, folder)
        elif side == "arrow":
            score_over_arrow(connection, pipeline)
        else:
            score_over_pandas(connection, pipeline)
        wall, cpu = time.perf_counter() - start, time.process_time() - processor
    (folder / f"{side}.json").write_text(json.dumps({"wall": wall, "cpu": cpu}))


def hold_equal(peer: str, folder: Path, customers: int) -> float:
    """The largest difference between a peer and us, on every customer."""
    with connect(folder / "warehouse.duckdb") as connection:
        ((count, difference),) = connection.execute(
            "select count(*), max(abs(ours.prediction - peer.prediction))"
            f" from ours inner join {peer} as peer using (customer_id)"
        ).fetchall()
    if count != customers or not difference < LARGEST_DIFFERENCE:
        raise SystemExit(
            f"bench: {count:,} of {customers:,} customers, scores differ from those"
            f" over {peer} by {difference}"
        )
    return difference


def compare(customers: int, rounds: int, root: Path) -> list[str]:
    """All sides in turn, their scores held equal; a row of the table for each peer."""
    folder = root / f"scoring_{customers}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "training.npz").exists():
        make_warehouse(customers, folder)
    write_parameters(folder)
    compile_query(folder)
    taken: dict[str, list[dict]] = {side: [] for side in ("ours", *PEERS)}
    for number in range(rounds):
        for side, runs in taken.items():
            cost = measure([__file__, "--work", side, str(folder)])
            runs.append(json.loads((folder / f"{side}.json").read_text()))
            print(
                f"{customers:,} customers, round {number + 1}, {side}: {runs[-1]},"
                f" {cost.memory:.2f} GB",
                file=sys.stderr,
                flush=True,
            )

    def ratio(peer: str, what: str) -> float:
        pairs = zip(taken["ours"], taken[peer], strict=True)
        return statistics.median(a[what] / b[what] for a, b in pairs)

    seconds = {
        side: statistics.median(run["cpu"] for run in runs)
        for side, runs in taken.items()
    }
    return [
        f"| {customers:,} | {peer} | {ratio(peer, 'wall'):.2f} |"
        f" {beside_goal(ratio(peer, 'cpu'), GOAL)} | {seconds['ours']:.2f} |"
        f" {seconds[peer]:.2f} | {hold_equal(peer, folder, customers):.0e} |"
        for peer in PEERS
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(tempfile.gettempdir()) / "precision_marketing_bench",
    )
    given = parser.parse_args()
    if given.work:
        side, folder = given.work
        work(side, Path(folder))
        return
    rows = [
        row
        for customers in given.customers
        for row in compare(customers, given.rounds, given.data_dir)
    ]
    print(
        "| customers | rows by | time / scikit-learn | processor time / scikit-learn |"
        " our seconds | scikit-learn's | largest difference |"
    )
    print("|--:|---|--:|--:|--:|--:|--:|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
