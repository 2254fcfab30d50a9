"""Command line: ``precision-marketing summary`` and ``precision-marketing demo``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from precision_marketing.summary import LANGUAGES, NoTablesError, summarise

DEFAULT_WAREHOUSE = "warehouse/precision_marketing.duckdb"


class CommandError(Exception):
    """What went wrong and what to do about it, for the one who typed the command."""


def parser() -> argparse.ArgumentParser:
    """Argument parser of the command."""
    result = argparse.ArgumentParser(
        prog="precision-marketing",
        description="Look at what a build found, or write a demo shop to build from.",
    )
    commands = result.add_subparsers(dest="command", required=True, metavar="command")
    summary = commands.add_parser(
        "summary",
        help="print where the tables are and what they say",
        description="Print where the tables are and what they say.",
    )
    summary.add_argument(
        "--warehouse",
        type=Path,
        default=Path(os.environ.get("PM_WAREHOUSE") or DEFAULT_WAREHOUSE),
        metavar="PATH",
        help=f"DuckDB file of a build (default: PM_WAREHOUSE or {DEFAULT_WAREHOUSE})",
    )
    summary.add_argument(
        "--language", choices=LANGUAGES, help="of the headings (default: the build's)"
    )
    # Its options are its own: `precision-marketing demo --help` shows them.
    commands.add_parser("demo", help="write the files of a demo shop", add_help=False)
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; problems go to standard error with exit code 2."""
    arguments, rest = parser().parse_known_args(argv)
    if arguments.command == "demo":
        # Loaded on demand: it takes pandas along.
        from precision_marketing.demo.__main__ import main as demo

        return demo(rest)
    if rest:
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        print(_summary(arguments.warehouse, arguments.language))
    except CommandError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return 0


def _summary(warehouse: Path, language: str | None) -> str:
    if not warehouse.is_file():
        raise CommandError(
            f"there is no file {warehouse}. `make build` makes it; name another one"
            " with --warehouse."
        )
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return summarise(connection, language=language)
    except NoTablesError as problem:
        raise CommandError(
            f"{problem} in {warehouse}. `make build WAREHOUSE={warehouse}` makes them."
        ) from problem
    except duckdb.IOException as problem:
        if "lock" in str(problem).lower():
            raise CommandError(
                f"{warehouse} is in use by another process, such as a running build."
                " Try again when it is done."
            ) from problem
        raise _unreadable(warehouse, problem) from problem
    except duckdb.Error as problem:
        raise _unreadable(warehouse, problem) from problem


def _unreadable(warehouse: Path, problem: duckdb.Error) -> CommandError:
    reason = str(problem).strip().splitlines()[0]
    return CommandError(f"{warehouse} cannot be read with DuckDB: {reason}")
