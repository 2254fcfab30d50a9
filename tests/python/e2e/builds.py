"""Builds of the project through dbt's Python runner, shared by the end-to-end tests.

dbt runs inside this process. Afterwards its adapter still holds the warehouse open and
would keep a read-only connection out, so `Project.build` closes it. What the tests read
is the file that a user of the project would read.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner, dbtRunnerResult

ROOT = Path(__file__).resolve().parents[3]
DATA_SETS = ("online_retail", "cdnow", "groceries", "olist")
MODELS_ONLY = ("test", "unit_test")
# Always the same, because dbt writes it into the manifest as that of the database.
WAREHOUSE_NAME = "shop.duckdb"
QUERIES_NAME = "queries.json"
# Vars that no parse needs to know.
READ_AT_RUN = ("pm_inputs", "pm_as_of")
# What a small shop's cleaning can be judged by, without any fit.
FACTS = (
    "+pm__rejected_rows +pm__cleaning_summary +pm__order_lines +pm__orders +pm__items"
    " +int_pm__customer_facts"
)
LINES = "+stg_pm__order_lines_checked"


def find_data_set(name: str) -> Path | None:
    data = os.environ.get("PM_DATA")
    folder = Path(data) / name if data else None
    return folder if folder and folder.is_dir() else None


def data_set_folder(name: str) -> Path:
    """Folder of a real data set, or skip the test that asks."""
    folder = find_data_set(name)
    if folder is None:
        pytest.skip(
            f"PM_DATA is {os.environ.get('PM_DATA', 'not set')!r} and has no folder"
            f" {name!r}: this test of real data was not run"
        )
    return folder


@contextlib.contextmanager
def environment(**variables: str | os.PathLike) -> Iterator[None]:
    """Set environment variables, and put back what was there."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update({name: str(value) for name, value in variables.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _ordered(sql: str) -> str:
    """A query whose rows come in one order, by all columns unless it names another.

    Without, a test that compares rows passes on one machine and fails on another.
    """
    outermost, count = sql.lower(), 1
    while count:
        outermost, count = re.subn(r"\([^()]*\)", " ", outermost)
    is_query = outermost.split(maxsplit=1)[0] in ("select", "with", "from")
    return sql if "order by" in outermost or not is_query else f"{sql} order by all"


@dataclasses.dataclass(frozen=True)
class Warehouse:
    """The DuckDB file that a build left behind, as its users read it."""

    warehouse: Path

    @contextlib.contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = duckdb.connect(str(self.warehouse), read_only=True)
        try:
            yield connection
        finally:
            connection.close()

    def rows(self, sql: str, parameters: list | None = None) -> list[tuple]:
        with self.connection() as connection:
            return connection.execute(_ordered(sql), parameters or []).fetchall()

    def records(self, sql: str, parameters: list | None = None) -> list[dict[str, Any]]:
        with self.connection() as connection:
            cursor = connection.execute(_ordered(sql), parameters or [])
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def frame(self, sql: str) -> pd.DataFrame:
        with self.connection() as connection:
            return connection.execute(_ordered(sql)).df()

    def value(self, sql: str, parameters: list | None = None) -> Any:
        return self.rows(sql, parameters)[0][0]

    def public_tables(self) -> list[str]:
        """The pm__ tables and views, by name."""
        return [
            name
            for (name,) in self.rows(
                "select table_name from information_schema.tables"
                " where starts_with(table_name, 'pm__') order by table_name"
            )
        ]

    def queries(self) -> dict[str, str]:
        """The compiled SQL of what the last build of the file ran, by name."""
        return json.loads(self.warehouse.with_name(QUERIES_NAME).read_text())

    def content_hash(self, table: str, leave_out: tuple[str, ...] = ()) -> tuple:
        """Rows of a table and an order-free hash over them, some columns aside."""
        without = f"exclude ({', '.join(leave_out)})" if leave_out else ""
        return self.rows(
            f"select count(*), sum(hash(rows_kept)::hugeint)"
            f" from (select * {without} from {table}) as rows_kept"
        )[0]


@dataclasses.dataclass(frozen=True)
class Build(Warehouse):
    """What a dbt invocation left behind.

    Attributes
    ----------
    outcome : dbtRunnerResult
        dbt's own answer.
    """

    outcome: dbtRunnerResult

    @property
    def statuses(self) -> dict[str, str]:
        """Status of each model, seed, test and hook by its unique id."""
        results = getattr(self.outcome.result, "results", None) or []
        return {result.node.unique_id: str(result.status) for result in results}

    @property
    def complaint(self) -> str:
        """Everything that went wrong, as text; empty for a green build."""
        lines = [str(self.outcome.exception)] if self.outcome.exception else []
        for result in getattr(self.outcome.result, "results", None) or []:
            if str(result.status) not in ("success", "pass", "no-op", "skipped"):
                lines.append(
                    f"{result.node.unique_id} {result.status}: {result.message}"
                )
        return "\n".join(lines)

    def write_queries(self) -> None:
        """Leave the compiled SQL beside the warehouse, for who finds nothing else."""
        results = getattr(self.outcome.result, "results", None) or []
        nodes = [result.node for result in results]
        queries = {node.name: getattr(node, "compiled_code", None) for node in nodes}
        self.warehouse.with_name(QUERIES_NAME).write_text(json.dumps(queries))

    def assert_green(self) -> Build:
        """Fail with dbt's messages unless all models and tests passed."""
        assert self.outcome.success and not self.complaint, self.complaint
        return self


class Project:
    """The project, parsed once and built as often as wanted.

    Parameters
    ----------
    scratch : pathlib.Path
        Folder for dbt's target and logs.
    folder, profiles : pathlib.Path
        The dbt project and where its profiles.yml lies.
    """

    def __init__(
        self, scratch: Path, folder: Path = ROOT, profiles: Path | None = None
    ):
        self.scratch = scratch
        self.folder = folder
        self.profiles = profiles or folder
        self._manifests = {}

    def invoke(self, *arguments: str, manifest=None) -> dbtRunnerResult:
        folders = {
            "DBT_PROJECT_DIR": self.folder,
            "DBT_PROFILES_DIR": self.profiles,
            "DBT_TARGET_PATH": self.scratch / "target",
            "DBT_LOG_PATH": self.scratch / "logs",
        }
        try:
            with environment(**folders):
                return dbtRunner(manifest=manifest).invoke(["--quiet", *arguments])
        finally:
            environment_of_dbt = DuckDBConnectionManager._ENV
            if environment_of_dbt is not None:
                environment_of_dbt.close()
            DuckDBConnectionManager.close_all_connections()
            reset_adapters()

    def manifest(self, settings: dict | None = None):
        """The project as parsed under these vars, kept: a parse outlasts a small build.

        What a parse freezes are the `ref()`s and the configs of Python models. Neither
        knows what is read nor up to which day, unless a mapping names a `ref()` itself;
        SQL models read their vars when they run. None where the parse fails: then the
        build does, in its own words.
        """
        frozen = {
            name: value
            for name, value in (settings or {}).items()
            if name not in READ_AT_RUN or "ref(" in json.dumps(value)
        }
        key = json.dumps(frozen, sort_keys=True)
        if key not in self._manifests:
            outcome = self.invoke("parse", "--vars", key)
            self._manifests[key] = outcome.result if outcome.success else None
        return self._manifests[key]

    def compile(
        self, folder: Path, models: tuple[str, ...], **settings: Any
    ) -> dict[str, str]:
        """The SQL of models under some vars, by name and in their order.

        It names the database after the warehouse that would lie in `folder`.
        """
        arguments = ["compile", "--select", *models, "--vars", json.dumps(settings)]
        with environment(PM_WAREHOUSE=folder / WAREHOUSE_NAME):
            outcome = self.invoke(*arguments, manifest=self.manifest())
        assert outcome.success, outcome.exception
        compiled = {
            result.node.name: result.node.compiled_code
            for result in outcome.result.results
        }
        return {name: compiled[name] for name in models}

    def build(
        self,
        folder: Path,
        *,
        settings: dict | None = None,
        select: str | None = None,
        threads: int = 2,
        command: str = "build",
        flags: tuple[str, ...] = (),
        has_own_fits: bool = False,
        without: tuple[str, ...] = ("unit_test",),
        **variables: str | os.PathLike,
    ) -> Build:
        """Run dbt build on a kept manifest.

        Parameters
        ----------
        folder : pathlib.Path
            Where the warehouse goes.
        settings : dict
            dbt vars.
        select : str
            What to build; everything when left out.
        flags : tuple of str
            More arguments for dbt.
        has_own_fits : bool
            For a selection whose settings change the configuration of a Python model.
        without : tuple of str
            Kinds of nodes to leave out. Unit tests bring their own rows, so one build
            of all is enough for them.
        variables
            Environment variables of this build.
        """
        arguments = [command, "--threads", str(threads), *flags]
        if settings:
            arguments += ["--vars", json.dumps(settings)]
        if select:
            arguments += ["--select", *select.split()]
        if without:
            arguments += ["--exclude-resource-type", *without]
        warehouse = folder / WAREHOUSE_NAME
        with environment(PM_WAREHOUSE=warehouse, **variables):
            is_parsed_so = has_own_fits or not select
            manifest = self.manifest(settings if is_parsed_so else None)
            outcome = self.invoke(*arguments, manifest=manifest)
        build = Build(warehouse, outcome)
        build.write_queries()
        return build


def read_settings(name: str) -> dict:
    """The mapping of a data set as dbt vars."""
    return yaml.safe_load((ROOT / "inputs" / f"{name}.yml").read_text())


def write_csv(path: Path, rows: list[dict[str, str]], delimiter: str = ",") -> Path:
    """Write rows with the columns of the first one; what a row lacks stays empty."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, list(rows[0]), delimiter=delimiter, lineterminator="\n", restval=""
        )
        writer.writeheader()
        writer.writerows(rows)
    return path
