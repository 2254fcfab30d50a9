"""DuckDB 1.5, which many clients still bring along, reads what DuckDB 2.0 wrote."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
# Where `make test` puts it.
OLDER_DUCKDB = Path(sys.prefix) / "duckdb-1.5"
READ = """
import sys, duckdb
assert duckdb.__version__.startswith("1.5."), duckdb.__version__
connection = duckdb.connect(sys.argv[1], read_only=True)
print(connection.sql("select count(*) from pm_service_codes").fetchall()[0][0])
"""


@pytest.mark.skipif(
    not OLDER_DUCKDB.is_dir(), reason=f"no {OLDER_DUCKDB}: `make test` installs it"
)
@pytest.mark.skipif(
    duckdb.__version__.startswith("1."), reason="this run is on the older DuckDB itself"
)
def test_a_warehouse_of_the_default_profile_opens_in_duckdb_1_5(tmp_path):
    warehouse = tmp_path / "shop.duckdb"
    subprocess.run(
        [
            Path(sys.executable).with_name("dbt"),
            "--quiet",
            *("seed", "--select", "pm_service_codes"),
            *("--target-path", tmp_path / "target", "--log-path", tmp_path / "logs"),
            *("--project-dir", ROOT, "--profiles-dir", ROOT),
        ],
        env={**os.environ, "PM_WAREHOUSE": str(warehouse)},
        check=True,
    )

    counted = subprocess.run(
        [sys.executable, "-c", READ, warehouse],
        env={**os.environ, "PYTHONPATH": str(OLDER_DUCKDB)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert counted.returncode == 0, counted.stderr
    assert int(counted.stdout) > 0
