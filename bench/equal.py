"""Whether two builds hold the same results; the differences, if not."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import duckdb

# What is compared: the project's relation and the columns, the key first. Text, counts
# and money must be the same to the last digit; doubles to nine digits.
TABLES = {
    "lines": (
        "int_pm__order_lines",
        {
            **dict.fromkeys(
                (
                    "order_line_id", "order_id", "customer_id", "item_id",
                    "item_name", "category", "channel", "country",
                ),
                "varchar",
            ),
            "ordered_at": "timestamp",
            "quantity": "decimal(18,3)",
            "unit_price": "decimal(18,4)",
            "unit_cost": "decimal(18,4)",
            **dict.fromkeys(
                (
                    "discount_amount", "gross_amount", "net_amount",
                    "winsorised_net_amount",
                ),
                "decimal(18,2)",
            ),
            "returned_quantity": "decimal(18,3)",
            **dict.fromkeys(
                (
                    "is_return", "is_anonymous", "is_outlier",
                    "is_item_code_fixed", "is_item_name_fixed",
                ),
                "boolean",
            ),
        },
    ),
    "rejected": (
        "(select raw_row_id, reject_reason as reason, raw_values"
        " from stg_pm__order_lines_checked where reject_reason is not null)",
        {"raw_row_id": "bigint", "reason": "varchar"},
    ),
    "orders": (
        "int_pm__customer_orders",
        {
            **dict.fromkeys(
                ("order_id", "customer_id", "channel", "country"), "varchar"
            ),
            "line_count": "bigint",
            "item_count": "decimal(18,3)",
            **dict.fromkeys(
                (
                    "gross_revenue", "discount_amount", "returned_revenue",
                    "net_revenue", "winsorised_net_revenue",
                ),
                "decimal(18,2)",
            ),
            "refunded_amount": "decimal(18,2)",
            "is_return": "boolean",
            **dict.fromkeys(("ordered_at", "fully_returned_at"), "timestamp"),
        },
    ),
    "facts": (
        "int_pm__customer_facts",
        {
            **dict.fromkeys(
                ("customer_id", "country", "last_channel", "favourite_category"),
                "varchar",
            ),
            **dict.fromkeys(
                (
                    "order_count", "kept_order_count", "return_order_count",
                    "category_count", "channel_count",
                ),
                "bigint",
            ),
            "item_count": "decimal(18,3)",
            **dict.fromkeys(
                (
                    "gross_revenue", "discount_amount", "returned_revenue",
                    "net_revenue", "average_order_value",
                ),
                "decimal(18,2)",
            ),
            **dict.fromkeys(
                (
                    "mean_order_gap_days", "order_gap_standard_deviation_days",
                    "longest_order_gap_days",
                ),
                "double",
            ),
            **dict.fromkeys(("first_order_at", "last_order_at"), "timestamp"),
            "cohort_month": "date",
        },
    ),
    "rfm": (
        "pm__rfm_scores",
        {
            **dict.fromkeys(("customer_id", "rfm_segment"), "varchar"),
            **dict.fromkeys(
                (
                    "recency_days", "frequency", "lifetime_order_count",
                    "r_score", "f_score", "m_score", "fm_score",
                ),
                "bigint",
            ),
            "monetary": "decimal(18,2)",
        },
    ),
}  # fmt: skip


TOLERANCES = {"double": 1e-9}


def differences(warehouse: Path, peer: Path) -> dict[str, str]:
    """What differs between the project's tables and a peer's files, by table."""
    connection = duckdb.connect(str(warehouse), read_only=True)
    found = {}
    for name, (relation, columns) in TABLES.items():
        key, *_ = columns
        sums = [_checksum(key, column, kind) for column, kind in columns.items()]
        query = "select count(*), " + ", ".join(sums) + " from "
        ours = connection.execute(query + relation).fetchone()
        file = peer / f"{name}.parquet"
        theirs = connection.execute(f"{query} read_parquet('{file}')").fetchone()
        wrong = [
            f"{what}: {left} and {right}"
            for what, left, right in zip(["rows", *columns], ours, theirs, strict=True)
            if not _same(left, right, TOLERANCES.get(columns.get(what), 0))
        ]
        if wrong:
            found[name] = "; ".join(wrong)
    return found


def _checksum(key: str, column: str, kind: str) -> str:
    """Order-free, and tied to the row by its key, so that no swap goes unseen."""
    if kind in TOLERANCES:
        weight = f"(1 + hash(cast({key} as varchar)) % 1000)"
        return f"sum(cast({column} as double) * {weight})"
    values = f"cast({key} as varchar), cast({column} as {kind})"
    return f"sum(cast(hash({values}) % 1000000007 as bigint))"


def _same(left: float | None, right: float | None, tolerance: float) -> bool:
    if left is None or right is None or tolerance == 0:
        return left == right
    return math.isclose(left, right, rel_tol=tolerance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--peer", type=Path, required=True)
    given = parser.parse_args()
    found = differences(given.warehouse, given.peer)
    for name, text in found.items():
        print(f"{name}: {text}")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
