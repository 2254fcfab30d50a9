"""Measure the project beside polars, pandas and a bare scan; print ratios as Markdown.

python bench/run.py --lines 1000000 10000000
python bench/run.py --limit-lines 100000000     does the memory limit hold?
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import ours
from equal import differences

HERE = Path(__file__).resolve().parent
THREADS = 2  # as in profiles.yml
MEASURES = ("wall", "cpu", "memory")
GOALS = {"polars": (1.0, 0.4), "scan": (8.0, None)}  # wall, memory


@dataclass(frozen=True)
class Cost:
    """What one process took: seconds on the clock, processor seconds, gigabytes."""

    wall: float
    cpu: float
    memory: float


def measure(command: list[str]) -> Cost:
    """Run a command in a process of its own and ask the kernel what it took."""
    environment = os.environ | {"POLARS_MAX_THREADS": str(THREADS)}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"bench: {' '.join(command)} ended with {process.returncode}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Cost(wall, usage.ru_utime + usage.ru_stime, kilobytes / 1e6)


def order_lines(lines: int, folder: Path) -> Path:
    """The demo shop's raw order lines as Parquet, made once."""
    path = folder / f"lines_{lines}" / "order_lines.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "precision_marketing.demo"]
        command += ["--lines", str(lines), "--out", str(path.parent)]
        command += ["--format", "parquet", "--only", "order_lines"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return path


def compare(
    lines: int, rounds: int, peers: list[str], folder: Path
) -> dict[str, list[Cost]]:
    """Each side in turn, so that a busy machine is busy for all; results held equal."""
    parquet = order_lines(lines, folder)
    steps = ours.compile_steps(parquet, parquet.parent / "compiled")
    out = {side: parquet.parent / side for side in ("ours", *peers)}
    commands = {
        "scan": [str(HERE / "scan.py"), "--parquet", str(parquet)],
        "ours": [
            str(HERE / "ours.py"),
            *("--steps", str(steps), "--out", str(out["ours"])),
        ],
        **{
            peer: [
                str(HERE / f"{peer}_peer.py"),
                *("--parquet", str(parquet), "--out", str(out[peer])),
            ]
            for peer in peers
        },
    }
    costs: dict[str, list[Cost]] = {side: [] for side in commands}
    for number in range(rounds):
        for side, command in commands.items():
            costs[side].append(measure(command))
            say(f"{lines:,} lines, round {number + 1}, {side}: {costs[side][-1]}")
        if number == 0:
            for peer in peers:
                found = differences(out["ours"] / f"{ours.CATALOG}.duckdb", out[peer])
                if found:
                    raise SystemExit(f"bench: not equal to {peer}: {found}")
    return costs


def keep_limit(lines: int, memory_limit: str, folder: Path) -> Cost:
    """One run of the project alone under a memory limit."""
    parquet = order_lines(lines, folder)
    steps = ours.compile_steps(parquet, parquet.parent / "compiled")
    command = [str(HERE / "ours.py"), "--steps", str(steps)]
    command += ["--out", str(parquet.parent / "ours"), "--memory-limit", memory_limit]
    return measure(command)


def median_ratios(ours: list[Cost], theirs: list[Cost]) -> list[float]:
    """Medians of the ratios round by round: wall clock, processor time, memory."""
    rounds = list(zip(ours, theirs, strict=True))
    return [
        statistics.median(getattr(a, what) / getattr(b, what) for a, b in rounds)
        for what in MEASURES
    ]


def medians(costs: list[Cost]) -> list[float]:
    """Medians of what one side took: wall clock, processor time, memory."""
    return [statistics.median(getattr(c, what) for c in costs) for what in MEASURES]


def ratio_rows(lines: int, costs: dict[str, list[Cost]]) -> list[str]:
    """A table row for each other side: medians of the ratios pair by pair."""
    rows = []
    for side, theirs in costs.items():
        if side == "ours":
            continue
        wall, cpu, memory = median_ratios(costs["ours"], theirs)
        goal_wall, goal_memory = GOALS.get(side, (None, None))
        rows.append(
            f"| {lines:,} | {side} | {beside_goal(wall, goal_wall)} | {cpu:.2f} |"
            f" {beside_goal(memory, goal_memory)} |"
        )
    return rows


def second_rows(lines: int, costs: dict[str, list[Cost]]) -> list[str]:
    """A table row for each side: medians of what it took."""
    rows = []
    for side, all_rounds in costs.items():
        wall, cpu, memory = medians(all_rounds)
        rows.append(f"| {lines:,} | {side} | {wall:.1f} | {cpu:.1f} | {memory:.2f} |")
    return rows


def beside_goal(ratio: float, goal: float | None) -> str:
    if goal is None:
        return f"{ratio:.2f}"
    return f"{ratio:.2f} (goal {goal:g}{', missed' if ratio > goal else ''})"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=["polars", "pandas"])
    parser.add_argument("--limit-lines", type=int)
    parser.add_argument("--memory-limit", default="2GB", help="with --limit-lines")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(tempfile.gettempdir()) / "precision_marketing_bench",
    )
    given = parser.parse_args()

    measured = {
        lines: compare(lines, given.rounds, given.peers, given.data_dir)
        for lines in given.lines
    }
    versions = [f"{name} {version(name)}" for name in ("duckdb", "polars", "pandas")]
    print(f"Python {platform.python_version()}, {', '.join(versions)},")
    print(f"{os.cpu_count()} cores, {given.rounds} rounds. All results equal.\n")
    if measured:
        print("| order lines | ours / | time | processor time | memory |")
        print("|--:|---|--:|--:|--:|")
        for lines, costs in measured.items():
            print("\n".join(ratio_rows(lines, costs)))
        print("\n| order lines | side | seconds | processor seconds | GB |")
        print("|--:|---|--:|--:|--:|")
        for lines, costs in measured.items():
            print("\n".join(second_rows(lines, costs)))
    if given.limit_lines:
        cost = keep_limit(given.limit_lines, given.memory_limit, given.data_dir)
        print(
            f"\n{given.limit_lines:,} lines at a memory limit of {given.memory_limit}:"
            f" {cost.wall:.0f} s, {cost.cpu:.0f} processor seconds,"
            f" {cost.memory:.2f} GB at most."
        )


if __name__ == "__main__":
    main()
