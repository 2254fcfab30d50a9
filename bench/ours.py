"""The project's side: the models' own SQL, without dbt's start-up in the time."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import yaml

PROJECT = Path(__file__).resolve().parents[1]
# What the comparison asks for; dbt adds what they are built from.
TARGETS = ("pm__rfm_scores", "pm__order_lines", "int_pm__customer_facts")
CATALOG = "shop"  # compiled SQL names the database, so every run's file is called so


def compile_steps(parquet: Path, folder: Path) -> Path:
    """Let dbt compile the models over `parquet`; return the list of steps as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = {"pm_inputs": {"order_lines": {"path": str(parquet.resolve())}}}
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "compile"]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(folder / "target"), "--vars", json.dumps(inputs)]
    command += ["--log-path", str(folder / "logs")]
    command += ["--select", *(f"+{model}" for model in TARGETS)]
    environment = os.environ | {"PM_WAREHOUSE": str(folder / f"{CATALOG}.duckdb")}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)

    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    steps = folder / "steps.json"
    steps.write_text(json.dumps(_in_graph_order(manifest["nodes"]), indent=1))
    return steps


def _in_graph_order(nodes: dict) -> list[dict]:
    """Seeds and models that the targets need, each after what it reads."""
    by_name = {node["name"]: node for node in nodes.values()}
    steps: dict[str, dict] = {}

    def visit(node: dict) -> None:
        if node["name"] in steps or node["resource_type"] not in ("model", "seed"):
            return
        for parent in node["depends_on"].get("nodes", []):
            visit(nodes[parent])
        step = {"name": node["name"], "kind": node["config"]["materialized"]}
        if node["resource_type"] == "seed":
            step["sql"] = _seed_query(node)
        else:
            step["sql"] = node["compiled_code"]
        steps[node["name"]] = step

    for target in TARGETS:
        visit(by_name[target])
    return list(steps.values())


def _seed_query(node: dict) -> str:
    types = {
        column: kind.replace("string", "varchar")
        for column, kind in node["config"]["column_types"].items()
    }
    path = PROJECT / node["original_file_path"]
    return f"select * from read_csv('{path}', header = true, types = {types})"


def build(
    steps: list[dict], warehouse: Path, *, memory_limit: str, threads: int
) -> dict[str, float]:
    """Run the steps into a new database file; return the seconds of each."""
    warehouse.unlink(missing_ok=True)
    profiles = yaml.safe_load((PROJECT / "profiles.yml").read_text())
    options = profiles["precision_marketing"]["outputs"]["dev"]["config_options"]
    settings = options | {"max_memory": memory_limit, "threads": threads}
    connection = duckdb.connect(str(warehouse), config=settings)
    seconds = {}
    for step in steps:
        start = time.perf_counter()
        kind = "view" if step["kind"] == "view" else "table"
        connection.execute(f"create {kind} {step['name']} as {step['sql']}")
        seconds[step["name"]] = time.perf_counter() - start
    start = time.perf_counter()
    connection.close()
    seconds["close"] = time.perf_counter() - start
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="an empty folder")
    parser.add_argument("--memory-limit", default="4GB")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    seconds = build(
        json.loads(given.steps.read_text()),
        given.out / f"{CATALOG}.duckdb",
        memory_limit=given.memory_limit,
        threads=given.threads,
    )
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
