"""The basket benchmark compares like with like: all sides find the same itemsets."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
LINES = 60_000
# pyfim needs a C compiler and comes with `make bench` alone.
PEERS = ["fpgrowth", *(["eclat"] if importlib.util.find_spec("fim") else [])]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[str, Path]:
    """What a finished run says and where its files are; it stops at any difference."""
    data = tmp_path_factory.mktemp("bench")
    command = [sys.executable, BENCH / "baskets.py", "--lines", str(LINES)]
    command += ["--rounds", "1", "--data-dir", data, "--peers", *PEERS]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stderr, data / f"baskets_{LINES}"


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_finds_the_same_itemsets(run, peer):
    assert f"equal to {peer}: " in run[0]


def test_a_basket_of_the_data_is_as_large_as_it_says(run):
    wrong = duckdb.sql(
        f"select order_id from '{run[1] / 'baskets.parquet'}' group by order_id"
        " having count(*) != max(basket_size) or count(*) != count(distinct item_id)"
    )
    assert wrong.fetchall() == []


def test_one_basket_more_is_a_difference(run):
    sys.path.insert(0, str(BENCH))
    try:
        from baskets import assert_equal
    finally:
        sys.path.remove(str(BENCH))
    ours = run[1] / "ours.parquet"
    changed = run[1] / "changed.parquet"
    duckdb.sql(
        "copy (select items, basket_count + (row_number() over () = 1)::bigint"
        f" as basket_count from '{ours}') to '{changed}'"
    )
    with pytest.raises(SystemExit, match=r"2 of \d+ itemsets differ"):
        assert_equal(ours, changed, "changed")
