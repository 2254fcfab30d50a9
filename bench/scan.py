"""The physical limit: DuckDB reads every value of the needed columns, nothing more."""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parquet", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    connection = duckdb.connect(config={"threads": given.threads})
    query = "select count(*), max(hash(raw_input)) from read_parquet(?) as raw_input"
    print(connection.execute(query, [str(given.parquet)]).fetchone())


if __name__ == "__main__":
    main()
