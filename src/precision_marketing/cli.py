"""Command line: ``precision-marketing`` and what to do."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from precision_marketing.publish import PublishingError, publish
from precision_marketing.summary import LANGUAGES, NoTablesError, summarise

DEFAULT_WAREHOUSE = "warehouse/precision_marketing.duckdb"
REPORT_NAME = "report.html"
DEFAULT_MAPPING = "inputs/demo.yml"
PUBLISHED_NAME = "published.duckdb"


class CommandError(Exception):
    """What went wrong and what to do about it, for the one who typed the command."""


def parser() -> argparse.ArgumentParser:
    """Argument parser of the command."""
    result = argparse.ArgumentParser(
        prog="precision-marketing",
        description=(
            "Show what a build found, publish it, or write a demo shop to build."
        ),
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
    report.add_argument(
        "--output",
        type=Path,
        metavar="PATH",
        help=f"HTML file to write (default: {REPORT_NAME} beside the warehouse)",
    )
    for teller in (summary, report):
        teller.add_argument(
            "--language",
            choices=LANGUAGES,
            help="of the headings (default: the build's)",
        )
    publishing = commands.add_parser(
        "publish",
        help="copy the public tables for BI tools, to be read during the next build",
        description=(
            "Copy the public tables into a DuckDB file that is put in place at once, so"
            " that BI tools read it while the next build runs."
        ),
    )
    publishing.add_argument(
        "--to",
        type=Path,
        metavar="PATH",
        help=f"the copy (default: {PUBLISHED_NAME} beside the warehouse)",
    )
    publishing.add_argument(
        "--parquet",
        type=Path,
        metavar="FOLDER",
        help="where to write a Parquet file of each table as well",
    )
    doctor = commands.add_parser(
        "doctor",
        help="look at what a build needs and say what to do",
        description=(
            "Look at packages, memory, disk, a mapping and the last build, and say what"
            " to do. Exit code 1 when a build cannot succeed."
        ),
    )
    doctor.add_argument(
        "--input",
        type=Path,
        default=Path(DEFAULT_MAPPING),
        metavar="PATH",
        help=f"YAML file with the vars of the build (default: {DEFAULT_MAPPING})",
    )
    doctor.add_argument(
        "--project",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="folder with dbt_project.yml (default: this one)",
    )
    for reader in (summary, report, publishing, doctor):
        reader.add_argument(
            "--warehouse",
            type=Path,
            default=Path(os.environ.get("PM_WAREHOUSE") or DEFAULT_WAREHOUSE),
            metavar="PATH",
            help=(
                f"DuckDB file of a build (default: PM_WAREHOUSE or {DEFAULT_WAREHOUSE})"
            ),
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
    if arguments.command == "doctor":
        return _doctor(arguments)
    try:
        with _reading(arguments.warehouse):
            if arguments.command == "publish":
                print(_publish(arguments))
            elif arguments.command == "report":
                print(_report(arguments))
            else:
                print(_summary(arguments.warehouse, arguments.language))
    except CommandError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return 0


def _summary(warehouse: Path, language: str | None) -> str:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return summarise(connection, language=language)


def _report(arguments: argparse.Namespace) -> str:
    # Loaded on demand: altair takes a second.
    from precision_marketing.report import render, write

    output = arguments.output or arguments.warehouse.with_name(REPORT_NAME)
    with duckdb.connect(str(arguments.warehouse), read_only=True) as connection:
        page = render(
            connection,
            language=arguments.language,
            progress=lambda line: print(line, file=sys.stderr),
        )
    try:
        write(page, output)
    except OSError as problem:
        raise CommandError(
            f"the report cannot be written to {output}: {problem.strerror}. Name"
            " another file with --output."
        ) from problem
    return f"Report  {output}"


def _doctor(arguments: argparse.Namespace) -> int:
    # Loaded on demand: nobody else needs it.
    from precision_marketing.doctor import examine

    findings = []
    for finding in examine(arguments.project, arguments.input, arguments.warehouse):
        print(finding, flush=True)
        findings.append(finding)
    return int(any(finding.status == "fail" for finding in findings))


def _publish(arguments: argparse.Namespace) -> str:
    target = arguments.to or arguments.warehouse.with_name(PUBLISHED_NAME)
    try:
        tables = publish(
            arguments.warehouse,
            target,
            parquet_folder=arguments.parquet,
            memory_limit=os.environ.get("PM_MEMORY_LIMIT"),
        )
    except OSError as problem:
        raise CommandError(
            f"{problem.filename} cannot be written: {problem.strerror}. Name another"
            " place with --to or --parquet."
        ) from problem
    rows = sum(table.row_count for table in tables)
    also = f" and as Parquet in {arguments.parquet}" if arguments.parquet else ""
    return (
        f"{len(tables)} public tables, {rows:,} rows, published in {target}{also}."
        " Open it read-only; docs/bi.md says how."
    )


@contextlib.contextmanager
def _reading(warehouse: Path) -> Iterator[None]:
    """Say what is wrong with the file of a build, and what to do about it."""
    if not warehouse.is_file():
        raise CommandError(
            f"there is no file {warehouse}. `make build` makes it; name another one"
            " with --warehouse."
        )
    try:
        yield
    except PublishingError as problem:
        raise CommandError(f"{problem}.") from problem
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
