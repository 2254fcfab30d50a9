"""The benchmark of recommendations compares like with like, on the builds' path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"
LINES = 3_000


def test_lists_and_neighbours_equal_those_of_implicit(tmp_path):
    command = [sys.executable, BENCH / "recommendations.py", "--lines", str(LINES)]
    command += ["--rounds", "1", "--data-dir", tmp_path]
    # It stops where a score differs.
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows = [
        line.split("|")[1:4] for line in done.stdout.splitlines() if "3,000" in line
    ]
    tasks = [(row[1].strip(), row[0].strip()) for row in rows]
    # A hundred customers, of whom some may have bought nothing.
    assert tasks[:2] == [("neighbours", "3,000"), ("lists", "3,000")]
    assert 90 <= int(tasks[2][0]) <= 100
