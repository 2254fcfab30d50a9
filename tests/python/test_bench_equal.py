"""The benchmark compares like with like: the three sides give the same results."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
LINES = 20_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run of the benchmark on few lines: it stops at any difference."""
    data = tmp_path_factory.mktemp("bench")
    command = [sys.executable, BENCH / "run.py", "--lines", str(LINES)]
    command += ["--rounds", "1", "--data-dir", data]
    subprocess.run(command, check=True, capture_output=True)
    return data / f"lines_{LINES}"


def compared_with(folder: Path, peer: str) -> subprocess.CompletedProcess:
    command = [sys.executable, BENCH / "equal.py", "--peer", folder / peer]
    command += ["--warehouse", folder / "ours" / "shop.duckdb"]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("peer", ["polars", "pandas"])
def test_a_peer_gives_the_same_results(folder, peer):
    assert compared_with(folder, peer).stdout == ""


def test_two_customers_with_exchanged_scores_are_a_difference(folder):
    file = folder / "polars" / "rfm.parquet"
    scores = pl.read_parquet(file).sort("customer_id")
    exchanged = scores.with_columns(
        r_score=pl.when(pl.int_range(pl.len()) < scores.height // 2)
        .then(pl.col("r_score").shift(-1))
        .otherwise("r_score")
    )
    exchanged.write_parquet(file)

    found = compared_with(folder, "polars")
    scores.write_parquet(file)

    assert found.returncode == 1
    assert "rfm: r_score" in found.stdout
