"""Command line: ``precision-marketing`` with summary, report or demo."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from precision_marketing.summary import LANGUAGES, NoTablesError, summarise

DEFAULT_WAREHOUSE = "warehouse/precision_marketing.duckdb"
REPORT_NAME = "report.html"


class CommandError(Exception):
    """What went wrong and what to do about it, for the one who typed the command."""


def parser() -> argparse.ArgumentParser:
    """Argument parser of the command."""
    result = argparse.ArgumentParser(
        prog="precision-marketing",
        description="Show what a build found, or write a demo shop to build from.",
    )
    commands = result.add_subparsers(dest="command", required=True, metavar="command")
    summary = commands.add_parser(
        "summary",
        help="print where the tables are and what they say",
        description="Print where the tables are and what they say.",
    )
    report = commands.add_parser(
        "report",
        help="write what the tables say as a page for a browser",
        description="Write what the tables say as one HTML file that needs no network.",
    )
    for command in (summary, report):
        command.add_argument(
            "--warehouse",
            type=Path,
            default=Path(os.environ.get("PM_WAREHOUSE") or DEFAULT_WAREHOUSE),
            metavar="PATH",
            help="DuckDB file of a build"
            f" (default: PM_WAREHOUSE or {DEFAULT_WAREHOUSE})",
        )
        command.add_argument(
            "--language",
            choices=LANGUAGES,
            help="of the headings (default: the build's)",
        )
    report.add_argument(
        "--output",
        type=Path,
        metavar="PATH",
        help=f"HTML file to write (default: {REPORT_NAME} beside the warehouse)",
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
        if arguments.command == "report":
            print(_report(arguments.warehouse, arguments.output, arguments.language))
        else:
            print(_summary(arguments.warehouse, arguments.language))
    except CommandError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return 0


def _summary(warehouse: Path, language: str | None) -> str:
    return _read(warehouse, lambda connection: summarise(connection, language=language))


def _report(warehouse: Path, output: Path | None, language: str | None) -> str:
    # Loaded on demand: altair takes a second.
    from precision_marketing.report import render, write

    output = output or warehouse.with_name(REPORT_NAME)
    page = _read(
        warehouse,
        lambda connection: render(
            connection,
            language=language,
            progress=lambda line: print(line, file=sys.stderr),
        ),
    )
    try:
        write(page, output)
    except OSError as problem:
        raise CommandError(
            f"the report cannot be written to {output}: {problem.strerror}. Name"
            " another file with --output."
        ) from problem
    return f"Report  {output}"


def _read(warehouse: Path, read: Callable[[duckdb.DuckDBPyConnection], str]) -> str:
    if not warehouse.is_file():
        raise CommandError(
            f"there is no file {warehouse}. `make build` makes it; name another one"
            " with --warehouse."
        )
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return read(connection)
    except NoTablesError as problem:
        raise CommandError(
            f"{problem} in {warehouse}. `make build WAREHOUSE={warehouse}` makes them."
        ) from problem
    except duckdb.BinderException as problem:
        raise CommandError(
            f"{warehouse} lacks a column that this version reads:"
            f" {_first_line(problem)}. `make build WAREHOUSE={warehouse}` builds it"
            " again."
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
    return CommandError(
        f"{warehouse} cannot be read with DuckDB: {_first_line(problem)}"
    )


def _first_line(problem: duckdb.Error) -> str:
    return str(problem).strip().splitlines()[0]
