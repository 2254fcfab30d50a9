"""Measure pairs and itemsets beside pyfim and mlxtend; print ratios as Markdown.

python bench/baskets.py --lines 1000000 10000000
python bench/baskets.py --limit-lines 100000000     does the memory limit hold?
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import baskets_ours
import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from run import Cost, beside_goal, measure, median_ratios, medians, say

HERE = Path(__file__).resolve().parent
ITEMS = 10_000
PLANTED = 200
BLOCK = 200_000  # baskets drawn at a time


@dataclass(frozen=True, eq=False)
class Task:
    """What is looked for, and the share of each peer's time that is the goal."""

    name: str
    support: float
    largest: int
    goals: dict[str, float]


TASKS = (
    Task("pairs at 0.1 %", 0.001, 2, {"eclat": 0.3, "fpgrowth": 0.1}),
    Task("itemsets to 5 at 0.01 %", 0.0001, 5, {"eclat": 0.8}),
)
MLXTEND_LINES = 10_000_000  # beyond, it takes ten minutes a round


def write_baskets(lines: int, path: Path) -> None:
    """Baskets of 1 to 30 items by Zipf-Mandelbrot popularity, with planted pairs.

    A basket that holds the first item of a planted pair gets the second one with a
    chance of 0.3. Drawn in blocks, each from a seed of its own.
    """
    weights = 1 / (np.arange(ITEMS) + 10.0)
    cumulated = np.cumsum(weights) / weights.sum()
    shuffle = np.random.default_rng(0)
    codes = pa.array([f"SKU{code:05d}" for code in shuffle.permutation(ITEMS)])
    partner = np.full(ITEMS, -1)
    planted = shuffle.permutation(1_000)[: 2 * PLANTED].reshape(-1, 2)
    partner[planted[:, 0]] = planted[:, 1]
    written, block = 0, 0
    with pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
        while written < lines:
            rng = np.random.default_rng([1, block])
            sizes = np.minimum(30, 1 + rng.negative_binomial(1.2, 0.2, BLOCK))
            basket = np.repeat(np.arange(BLOCK), sizes)
            item = np.searchsorted(cumulated, rng.random(len(basket)))
            added = (partner[item] >= 0) & (rng.random(len(item)) < 0.3)
            key = np.unique(
                np.concatenate(
                    (
                        basket * ITEMS + item,
                        basket[added] * ITEMS + partner[item[added]],
                    )
                )
            )[: lines - written]
            basket, item = np.divmod(key, ITEMS)
            count = np.bincount(basket)[basket]
            number = pa.array(10_000_000_000 + block * BLOCK + basket).cast(pa.string())
            writer.write_table(
                pa.table(
                    {
                        "order_id": pc.utf8_slice_codeunits(number, 1),
                        "item_id": codes.take(pa.array(item)),
                        "basket_size": pa.array(count, pa.int64()),
                    }
                )
            )
            written += len(key)
            block += 1


_SCHEMA = pa.schema(
    {"order_id": pa.string(), "item_id": pa.string(), "basket_size": pa.int64()}
)


def basket_file(lines: int, folder: Path) -> Path:
    """Baskets as Parquet, made once."""
    path = folder / f"baskets_{lines}" / "baskets.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        write_baskets(lines, unfinished)
        unfinished.rename(path)
    return path


def our_command(task: Task, baskets: Path, out: Path, *more: str) -> list[str]:
    folder = baskets.parents[1] / f"compiled_{task.support:g}_{task.largest}"
    steps = baskets_ours.compile_steps(
        folder, support=task.support, largest=task.largest
    )
    command = [str(HERE / "baskets_ours.py"), "--steps", str(steps)]
    return [*command, "--baskets", str(baskets), "--out", str(out), *more]


def compare(
    task: Task, lines: int, rounds: int, wanted: list[str], folder: Path
) -> dict[str, list[Cost]]:
    """Each side in turn, so that a busy machine is busy for all; results held equal."""
    baskets = basket_file(lines, folder)
    peers = [
        peer
        for peer in task.goals
        if peer in wanted and (peer != "fpgrowth" or lines <= MLXTEND_LINES)
    ]
    out = {side: baskets.with_name(f"{side}.parquet") for side in ("ours", *peers)}
    commands = {"ours": our_command(task, baskets, out["ours"])}
    for peer in peers:
        commands[peer] = [
            str(HERE / "baskets_peer.py"),
            *("--method", peer, "--baskets", str(baskets), "--out", str(out[peer])),
            *("--support", str(task.support), "--largest", str(task.largest)),
        ]
    costs: dict[str, list[Cost]] = {side: [] for side in commands}
    for number in range(rounds):
        for side, command in commands.items():
            costs[side].append(measure(command))
            say(
                f"{task.name}, {lines:,} lines, round {number + 1}, {side}: "
                f"{costs[side][-1]}"
            )
        if number == 0:
            for peer in peers:
                assert_equal(out["ours"], out[peer], peer)
    return costs


def assert_equal(ours: Path, theirs: Path, peer: str) -> None:
    """Stop unless both hold the same itemsets with the same counts, and some."""
    ((one_side_only, found),) = duckdb.sql(
        f"with ours as (from '{ours}'), theirs as (from '{theirs}') select"
        " (select count(*) from (from ours except all from theirs))"
        " + (select count(*) from (from theirs except all from ours)),"
        " (select count(*) from ours)"
    ).fetchall()
    if one_side_only or not found:
        raise SystemExit(
            f"bench: not equal to {peer}: {one_side_only} of {found} itemsets differ"
        )
    say(f"equal to {peer}: {found:,} itemsets")


def ratio_rows(task: Task, lines: int, costs: dict[str, list[Cost]]) -> list[str]:
    """A table row for each peer: medians of the ratios round by round."""
    rows = []
    for peer in costs.keys() - {"ours"}:
        wall, cpu, memory = median_ratios(costs["ours"], costs[peer])
        verdict = beside_goal(wall, task.goals[peer])
        rows.append(
            f"| {task.name} | {lines:,} | {peer} | {verdict} | {cpu:.2f} |"
            f" {memory:.2f} |"
        )
    return sorted(rows)


def second_rows(task: Task, lines: int, costs: dict[str, list[Cost]]) -> list[str]:
    """A table row for each side: medians of what it took."""
    rows = []
    for side, rounds in costs.items():
        wall, cpu, memory = medians(rounds)
        rows.append(
            f"| {task.name} | {lines:,} | {side} | {wall:.1f} | {cpu:.1f} |"
            f" {memory:.2f} |"
        )
    return rows


def growth_exponent(costs: dict[int, Cost]) -> float:
    """Exponent of processor time in lines, from the fewest to the most."""
    few, many = min(costs), max(costs)
    return math.log(costs[many].cpu / costs[few].cpu) / math.log(many / few)


def _median_cost(rounds: list[Cost]) -> Cost:
    return sorted(rounds, key=lambda cost: cost.cpu)[len(rounds) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=["eclat", "fpgrowth"])
    parser.add_argument("--limit-lines", type=int)
    parser.add_argument("--memory-limit", default="1GB", help="with --limit-lines")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(tempfile.gettempdir()) / "precision_marketing_bench",
    )
    given = parser.parse_args()
    measured = {
        (task, lines): compare(task, lines, given.rounds, given.peers, given.data_dir)
        for task in TASKS
        for lines in given.lines
    }
    packages = {"eclat": "pyfim", "fpgrowth": "mlxtend"}
    names = ["duckdb", *(packages[peer] for peer in given.peers)]
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"Python {platform.python_version()}, {versions},")
    print(f"{os.cpu_count()} cores, {given.rounds} rounds. All results equal.\n")
    if measured:
        print("| task | lines | ours / | time | processor time | memory |")
        print("|---|--:|---|--:|--:|--:|")
        for (task, lines), costs in measured.items():
            print("\n".join(ratio_rows(task, lines, costs)))
        print("\n| task | lines | side | seconds | processor seconds | GB |")
        print("|---|--:|---|--:|--:|--:|")
        for (task, lines), costs in measured.items():
            print("\n".join(second_rows(task, lines, costs)))
    if len(given.lines) > 1:
        for task in TASKS:
            of_lines = {
                lines: _median_cost(measured[task, lines]["ours"])
                for lines in given.lines
            }
            print(
                f"\n{task.name}: our processor time grows as lines to the power of"
                f" {growth_exponent(of_lines):.2f}."
            )
    if given.limit_lines:
        baskets = basket_file(given.limit_lines, given.data_dir)
        out = baskets.with_name("limited.parquet")
        limit = ("--memory-limit", given.memory_limit)
        cost = measure(our_command(TASKS[0], baskets, out, *limit))
        print(
            f"\n{TASKS[0].name}, {given.limit_lines:,} lines at a memory limit of"
            f" {given.memory_limit}: {cost.wall:.0f} s, {cost.cpu:.0f} processor"
            f" seconds, {cost.memory:.2f} GB at most."
        )


if __name__ == "__main__":
    main()
