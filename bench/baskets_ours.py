"""The project's side of the basket comparison: the models' own SQL."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import yaml

PROJECT = Path(__file__).resolve().parents[1]
CATALOG = "shop"  # compiled SQL names the database, so every run's file is called so
# Each after what it reads. Pairs need no more than the first four.
PAIR_MODELS = (
    "int_pm__item_basket_sizes",
    "int_pm__frequent_items",
    "int_pm__baskets",
    "int_pm__pair_counts",
)
ITEMSET_MODELS = (
    *PAIR_MODELS,
    "int_pm__itemset_counts",
    "int_pm__frequent_itemsets",
)
RESULTS = {
    "pairs": """
        select list_sort([item_a, item_b]) as items, basket_count
        from int_pm__pair_counts
    """,
    "itemsets": """
        select items, basket_count from int_pm__frequent_itemsets where item_count >= 2
    """,
}


def compile_steps(folder: Path, *, support: float, largest: int) -> Path:
    """Let dbt compile the basket models; return the list of steps as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"pm_basket_min_support": support, "pm_basket_max_items": largest}
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "compile"]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(folder / "target"), "--vars", json.dumps(settings)]
    command += ["--log-path", str(folder / "logs"), "--select", *ITEMSET_MODELS]
    environment = os.environ | {"PM_WAREHOUSE": str(folder / f"{CATALOG}.duckdb")}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)

    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    compiled = {
        node["name"]: node["compiled_code"]
        for node in manifest["nodes"].values()
        if node["name"] in ITEMSET_MODELS
    }
    models = PAIR_MODELS if largest == 2 else ITEMSET_MODELS
    steps = folder / "steps.json"
    steps.write_text(
        json.dumps([{"name": name, "sql": compiled[name]} for name in models])
    )
    return steps


def mine(
    steps: list[dict],
    baskets: Path,
    warehouse: Path,
    result: Path,
    *,
    memory_limit: str,
    threads: int,
) -> None:
    """Run the steps into a new database file and write what is compared."""
    warehouse.unlink(missing_ok=True)
    profiles = yaml.safe_load((PROJECT / "profiles.yml").read_text())
    options = profiles["precision_marketing"]["outputs"]["dev"]["config_options"]
    settings = options | {"max_memory": memory_limit, "threads": threads}
    with duckdb.connect(str(warehouse), config=settings) as connection:
        connection.execute(f"create view int_pm__basket_items as from '{baskets}'")
        connection.execute("create table int_pm__items (item_id text, item_name text)")
        for step in steps:
            connection.execute(f"create table {step['name']} as {step['sql']}")
        has_all = any(step["name"] == "int_pm__frequent_itemsets" for step in steps)
        query = RESULTS["itemsets" if has_all else "pairs"]
        connection.execute(f"copy ({query}) to '{result}'")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=Path, required=True)
    parser.add_argument("--baskets", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="a Parquet file")
    parser.add_argument("--memory-limit", default="4GB")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    mine(
        json.loads(given.steps.read_text()),
        given.baskets,
        given.out.with_name(f"{CATALOG}.duckdb"),
        given.out,
        memory_limit=given.memory_limit,
        threads=given.threads,
    )


if __name__ == "__main__":
    main()
