"""Command line of the demo shop: ``python -m precision_marketing.demo``."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from precision_marketing.demo.bulk import customers_for_lines, write_order_lines
from precision_marketing.demo.catalog import build_catalog, planted_pairs
from precision_marketing.demo.config import DIRT_MODES, LANGUAGES, DemoConfig
from precision_marketing.demo.shop import (
    INPUTS,
    arguments_truth,
    basket_truth,
    make_shop,
    order_lines_truth,
    spend_truth,
)
from precision_marketing.demo.write import FORMATS, write_csv, write_json, write_shop


def parser() -> argparse.ArgumentParser:
    """Argument parser; also usable as a sub-command's parent."""
    default = DemoConfig()
    result = argparse.ArgumentParser(
        prog="python -m precision_marketing.demo",
        description="Write a demo shop whose truth is known.",
    )
    result.add_argument("--out", type=Path, required=True, help="folder to write to")
    result.add_argument(
        "--customers",
        type=int,
        help=f"customers with orders (default {default.customers})",
    )
    result.add_argument(
        "--lines",
        type=int,
        help="about this many order lines, in place of --customers",
    )
    result.add_argument("--seed", type=int, default=default.seed)
    result.add_argument("--language", choices=LANGUAGES, default=default.language)
    result.add_argument(
        "--start", type=dt.date.fromisoformat, default=default.start, help="first day"
    )
    result.add_argument("--days", type=int, default=default.days)
    result.add_argument("--items", type=int, help="catalogue size (default: by size)")
    result.add_argument("--format", choices=FORMATS, default="csv", dest="file_format")
    result.add_argument(
        "--dirt",
        choices=DIRT_MODES,
        help="typed leaves out text in number and date columns"
        " (default: text for csv, typed for parquet)",
    )
    result.add_argument(
        "--only",
        default=",".join(INPUTS),
        help="inputs to write, by commas; order_lines alone as parquet streams and"
        " has no size limit",
    )
    return result


def run(arguments: argparse.Namespace) -> list[Path]:
    """Write what the arguments ask for; return the files.

    Raises
    ------
    ValueError
        On bad or contradicting arguments.
    """
    shared = {
        "seed": arguments.seed,
        "language": arguments.language,
        "start": arguments.start,
        "days": arguments.days,
        "items": arguments.items,
        "dirt": arguments.dirt
        or ("typed" if arguments.file_format == "parquet" else "text"),
    }
    if arguments.lines is not None and arguments.customers is not None:
        raise ValueError("give --lines or --customers, not both")
    customers = arguments.customers
    if customers is None:
        customers = DemoConfig().customers
        if arguments.lines is not None:
            customers = customers_for_lines(arguments.lines, **shared)
    config = DemoConfig(customers=customers, **shared)
    only = tuple(name.strip() for name in arguments.only.split(",") if name.strip())
    if only == ("order_lines",) and arguments.file_format == "parquet":
        return _write_bulk(config, arguments.out)
    return write_shop(
        make_shop(config), arguments.out, file_format=arguments.file_format, only=only
    )


def _write_bulk(config: DemoConfig, out: Path) -> list[Path]:
    """Stream order_lines and write what its truth can say without holding rows."""
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    path = out / "order_lines.parquet"
    totals = write_order_lines(config, path)
    pairs = planted_pairs(build_catalog(config)).round(9)
    write_csv(pairs, truth / "item_pairs.csv")
    write_json(
        {
            "arguments": arguments_truth(config),
            "row_counts": {"order_lines": totals["clean"]["raw_line_count"]},
            "order_lines": order_lines_truth(totals),
            "spend": spend_truth(),
            "baskets": {**basket_truth(), "pair_count": len(pairs)},
        },
        truth / "truth.json",
    )
    return [path, truth / "item_pairs.csv", truth / "truth.json"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; problems go to standard error with exit code 2."""
    arguments = parser().parse_args(argv)
    try:
        files = run(arguments)
    except ValueError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    size = sum(f.stat().st_size for f in files)
    print(f"{len(files)} files, {size / 1e6:.1f} MB in {arguments.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
