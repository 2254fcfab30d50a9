"""Segments from a sample beside scikit-learn on every row; assignment of 10M customers.

python bench/segments.py fit --customers 1000000
python bench/segments.py assign --customers 10000000 --memory-limit 1200MB
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

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from run import measure

PROJECT = Path(__file__).resolve().parents[1]
CATALOG = "shop"  # compiled SQL names the database
KS = range(2, 11)
STARTS = 3  # n_init of the peer; ours has ten, on a sample
SILHOUETTE_ROWS = 4_000
FEATURES = {
    2: ["log_order_rate", "log_order_value"],
    8: [
        "log_order_rate",
        "log_order_value",
        "log_recency_days",
        "log_tenure_days",
        "log_basket_size",
        "discount_share",
        "return_share",
        "weekend_share",
    ],
}
# In graph order; the seed of rules comes before them.
MODELS = [
    "int_pm__segment_sample",
    "ml_pm__segment_models",
    "ml_pm__segment_selection",
    "ml_pm__segment_champion",
    "ml_pm__segment_core_points",
    "ml_pm__segment_core_distances",
    "ml_pm__segment_distances",
]
PARTS = ["data", "compile", "ours", "peer", "imports", "fit", "assign", "assign-only"]


def make_customers(count: int, width: int, path: Path) -> None:
    """Features of customers who order at gamma rates, cheaply or dearly, until they go.

    Like the demo shop's: no gap between rhythms, one between order values, one in three
    with a single order.
    """
    generator = np.random.default_rng(17)
    tenure = generator.uniform(1, 730, count)
    rate = generator.gamma(0.55, 0.018, count)
    life = np.minimum(tenure, generator.exponential(400, count))
    orders = 1 + generator.poisson(rate * life)
    span = np.where(orders > 1, life * generator.beta(5, 1, count), 0.0)
    dear = generator.random(count) < 0.4
    value = np.exp(generator.normal(np.where(dear, 5.6, 3.6), 0.55))
    columns = {
        "log_order_rate": np.log(365 * orders / (span + 180)),
        "log_order_value": np.log1p(value),
        "log_recency_days": np.log1p(tenure - span),
        "log_tenure_days": np.log1p(tenure),
        "log_basket_size": np.log1p(1 + generator.poisson(1.5, count)),
        "discount_share": generator.beta(1, 9, count),
        "return_share": generator.beta(0.5, 12, count),
        "weekend_share": generator.beta(2, 4, count),
    }
    keys = [f"U{number:08d}" for number in range(count)]
    table = pa.table({"customer_id": keys} | {n: columns[n] for n in FEATURES[width]})
    pq.write_table(table, path)


def compile_models(folder: Path, width: int) -> None:
    """Let dbt compile what learns and assigns segments into `folder`."""
    settings = {
        "pm_segment_features": FEATURES[width],
        "pm_segment_algorithms": ["kmeans"],
    }
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "compile"]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(folder / "target"), "--vars", json.dumps(settings)]
    command += ["--log-path", str(folder / "logs"), "--select", *MODELS]
    environment = os.environ | {"PM_WAREHOUSE": str(folder / f"{CATALOG}.duckdb")}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    compiled = {node["name"]: node.get("compiled_code") for node in nodes.values()}
    queries = {name: compiled[name] for name in MODELS}
    (folder / "queries.json").write_text(json.dumps(queries))


def ours(folder: Path, customers: Path, width: int, limit: str, fit: bool) -> None:
    """Sample, fit, choose and assign as the project does; the labels stay in a file."""
    import duckdb

    queries = json.loads((folder / "queries.json").read_text())
    warehouse = folder / f"{CATALOG}.duckdb"
    if fit:
        warehouse.unlink(missing_ok=True)
    connection = duckdb.connect(
        str(warehouse),
        config={"max_memory": limit, "threads": 2, "temp_directory": str(folder)},
    )
    connection.execute(
        "create or replace view int_pm__segment_features as"
        f" select *, md5(customer_id) as sampling_key from '{customers}'"
    )
    rules = PROJECT / "seeds/lookups/pm_segment_champion_rules.csv"
    connection.execute(
        "create or replace table pm_segment_champion_rules as"
        f" select * from read_csv('{rules}', types = {{'amount': 'double'}})"
    )
    for name in MODELS if fit else MODELS[-1:]:
        if name == "ml_pm__segment_models":
            from precision_marketing.segments import fit_segment_models

            sample = connection.table("int_pm__segment_sample").to_arrow_table()
            fitted = fit_segment_models(
                sample,
                key="customer_id",
                feature_columns=FEATURES[width],
                algorithms=["kmeans"],
                min_k=KS[0],
                max_k=KS[-1],
            )
            connection.register("fitted", fitted)
            connection.execute(f"create table {name} as select * from fitted")
        else:
            connection.execute(f"create or replace table {name} as {queries[name]}")
    connection.close()


def peer(folder: Path, customers: Path, width: int) -> None:
    """scikit-learn on all rows: scale, fit each k, judge, label everyone."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler

    raw = matrix_of(customers, width)
    rows = StandardScaler().fit_transform(raw)
    found = {}
    for k in KS:
        model = KMeans(n_clusters=k, n_init=STARTS, random_state=0).fit(rows)
        judged = model.labels_[:SILHOUETTE_ROWS]
        found[k] = {
            "inertia": model.inertia_,
            "silhouette": silhouette_score(rows[:SILHOUETTE_ROWS], judged),
        }
    (folder / "peer.json").write_text(json.dumps(found))


def matrix_of(customers: Path, width: int) -> np.ndarray:
    table = pq.read_table(customers, columns=FEATURES[width])
    return np.column_stack([table[name].to_numpy() for name in FEATURES[width]])


def compare(folder: Path, customers: Path, width: int) -> dict:
    """Inertia over all rows for each k, the k chosen, and labels beside `predict`."""
    import duckdb
    from sklearn.cluster import KMeans

    raw = matrix_of(customers, width)
    deviation = raw.std(axis=0)
    theirs = json.loads((folder / "peer.json").read_text())
    connection = duckdb.connect(str(folder / f"{CATALOG}.duckdb"), read_only=True)
    parameters = connection.table("ml_pm__segment_models").df()
    chosen, version = connection.execute(
        "select k, model_version from ml_pm__segment_selection where is_champion"
    ).fetchall()[0]
    ratios, labels_differ = {}, None
    for k in KS:
        own = parameters[parameters["k"] == k]
        center, scale = (
            own[own["component"] == part].set_index("feature")["value"][FEATURES[width]]
            for part in ("center", "scale")
        )
        centroids = own[own["component"] == "centroid"].pivot(
            index="segment_id", columns="feature", values="value"
        )[FEATURES[width]]
        model = KMeans(n_clusters=k)
        model.cluster_centers_ = np.ascontiguousarray(centroids.to_numpy())
        model._n_threads = 2
        model.n_features_in_ = width
        rows = (raw - center.to_numpy()) / scale.to_numpy()
        labels = model.predict(rows)
        # Ours are scaled by the sample, theirs by all rows: judged in their units, with
        # the means of the labels as every K-means would have them.
        judged = (raw - raw.mean(axis=0)) / deviation
        inertia = 0.0
        for segment in range(k):
            members = judged[labels == segment]
            inertia += float(np.square(members - members.mean(axis=0)).sum())
        ratios[k] = inertia / theirs[str(k)]["inertia"]
        if k == chosen:
            in_sql = connection.execute(
                "select fitted_segment_id from ml_pm__segment_distances"
                " where model_version = ? order by customer_id",
                [version],
            ).fetchnumpy()["fitted_segment_id"]
            labels_differ = int((in_sql != labels + 1).sum())
    silhouettes = dict(
        connection.execute(
            "select k, silhouette from ml_pm__segment_selection"
        ).fetchall()
    )
    return {
        "inertia ratios": {k: round(ratio, 5) for k, ratio in ratios.items()},
        "clearest k of the sample": max(silhouettes, key=silhouettes.get),
        "clearest k of all rows": int(
            max(theirs, key=lambda k: theirs[k]["silhouette"])
        ),
        "k chosen by the rule": chosen,
        "labels that differ from predict": labels_differ,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, choices=FEATURES, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-limit", default="4GB")
    parser.add_argument("--data-dir", type=Path)
    given = parser.parse_args()
    root = given.data_dir or Path(tempfile.gettempdir()) / "precision_marketing_bench"
    folder = root / f"segments_{given.customers}_{given.features}"
    folder.mkdir(parents=True, exist_ok=True)
    customers = folder / "customers.parquet"
    width, limit = given.features, given.memory_limit
    if given.part == "data":
        return make_customers(given.customers, width, customers)
    if given.part == "compile":
        return compile_models(folder, width)
    if given.part in ("ours", "assign-only"):
        return ours(folder, customers, width, limit, given.part == "ours")
    if given.part == "peer":
        return peer(folder, customers, width)
    if given.part == "imports":
        # What either side loads before it has read a row; a dbt build loads it once for
        # all Python models.
        import duckdb  # noqa: F401
        import sklearn.cluster
        import sklearn.metrics  # noqa: F401

        return None

    again = ["--customers", str(given.customers), "--features", str(width)]
    again += ["--memory-limit", limit, "--data-dir", str(root)]

    def run(part: str):
        return measure([str(Path(__file__).resolve()), part, *again])

    if not customers.exists():
        run("data")
    run("compile")
    if given.part == "assign":
        run("ours")
        cost = run("assign-only")
        print(
            f"{given.customers:,} customers assigned in SQL at a limit of {limit}:"
            f" {cost.wall:.1f} s, {cost.memory:.2f} GB"
        )
        return None
    times: dict[str, list] = {"imports": [], "ours": [], "peer": []}
    for _ in range(given.rounds):
        for side, costs in times.items():
            costs.append(run(side))
    medians = {
        side: {
            what: statistics.median(getattr(cost, what) for cost in costs)
            for what in ("wall", "cpu", "memory")
        }
        for side, costs in times.items()
    }
    for side, median in medians.items():
        print(side, {what: round(value, 2) for what, value in median.items()})
    for what in ("wall", "cpu"):
        own, other, imports = (
            medians[side][what] for side in ("ours", "peer", "imports")
        )
        without = (own - imports) / (other - imports)
        print(f"ratio {what}: {own / other:.3f}, without imports {without:.3f}")
    print(compare(folder, customers, width))
    return None


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"({time.perf_counter() - start:.0f} s)", file=sys.stderr)
