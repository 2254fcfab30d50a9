"""A copy of the public tables that others may read while the next build runs.

DuckDB lets one process write a file or many read it, never both. So nobody but the
build opens the file of a build: what people and BI tools read is a copy, made beside
the copy in use and put in its place at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from precision_marketing.summary import PREFIX, NoTablesError

# What DuckDB 1.0 and every later version can read.
STORAGE_VERSION = "v1.0.0"
CATALOGUE_NAME = "_published.json"


class PublishingError(RuntimeError):
    """Why nothing was published; what was published before is still whole."""


@dataclasses.dataclass(frozen=True)
class PublishedTable:
    """A table of the copy.

    Attributes
    ----------
    name : str
        Its name, the same as in the build.
    row_count : int
        Rows copied.
    """

    name: str
    row_count: int


def publish(
    warehouse: Path,
    target: Path,
    *,
    parquet_folder: Path | None = None,
    memory_limit: str | None = None,
) -> list[PublishedTable]:
    """Copy all public tables into a DuckDB file, and put it in place at once.

    Whoever has the file before it open goes on reading that one; whoever opens it
    afterwards gets the new one. Killed at any moment, what was there stays whole.

    Parameters
    ----------
    warehouse : pathlib.Path
        DuckDB file of a finished build. It is only read.
    target : pathlib.Path
        The copy, made or replaced; nobody may write to it, and who may read it follows
        from the umask. DuckDB 1.0 and later can read it. Its folder needs room for the
        old copy and the new one. A symbolic link stays one: what it leads to is
        replaced.
    parquet_folder : pathlib.Path, optional
        Where to write each public table as ``<table>.parquet`` as well. Each file is
        replaced at once, one after the other; ``_published.json`` is the last. Files of
        tables that are no more are removed.
    memory_limit : str, optional
        For DuckDB, such as '4GB'.

    Returns
    -------
    list of PublishedTable
        What was copied, by name.

    Raises
    ------
    precision_marketing.summary.NoTablesError
        When the build holds no public table.
    PublishingError
        When the target is the warehouse itself or a folder, another process publishes
        there, or the disk is full.
    OSError
        When a folder or a file of the copy cannot be made.
    duckdb.Error
        When the warehouse cannot be read, or a build is writing to it.
    """
    target = target.resolve()
    if target == warehouse.resolve():
        raise PublishingError(
            f"{target} is the file of the build itself: publish to another one"
        )
    if target.is_dir():
        raise PublishingError(f"{target} is a folder: name a file in it")
    # Both before any work: a folder that cannot be made is told at once.
    target.parent.mkdir(parents=True, exist_ok=True)
    if parquet_folder:
        parquet_folder.mkdir(parents=True, exist_ok=True)
    settings = {"temp_directory": str(target.with_name(f".{target.name}.tmp"))}
    if memory_limit:
        settings["memory_limit"] = memory_limit
    fresh = target.with_name(f".{target.name}.new")
    with _alone(target):
        # What a killed run left: nobody else is publishing.
        _remove(fresh)
        try:
            with duckdb.connect(config=settings) as connection:
                connection.execute(f"attach {_text(warehouse)} as built (read_only)")
                tables = _public_tables(connection)
                with _explained(target):
                    published = _copy(connection, tables, fresh)
                # What somebody wrote to the former copy all the same would be read as
                # part of this one.
                _log_of(target).unlink(missing_ok=True)
                _replace(fresh, target)
                if parquet_folder:
                    with _explained(parquet_folder):
                        _export(connection, tables, published, parquet_folder)
        finally:
            # Nothing, unless the copy failed: then the disk may be full of it.
            _remove(fresh)
    return published


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Keep other processes from publishing there; a kill lets go of it."""
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise PublishingError(
                f"another process is publishing to {target}: try again when it is done"
            ) from problem
        yield


@contextlib.contextmanager
def _explained(place: Path) -> Iterator[None]:
    """Name the place that was written to when the build itself could be opened."""
    try:
        yield
    except duckdb.Error as problem:
        raise PublishingError(
            f"{place} was not made: {str(problem).strip().splitlines()[0]}"
        ) from problem


def _log_of(database: Path) -> Path:
    """Where DuckDB writes what it has not yet moved into a file."""
    return database.with_name(f"{database.name}.wal")


def _remove(database: Path) -> None:
    for file in (database, _log_of(database)):
        file.unlink(missing_ok=True)


def _public_tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Schema and name of each, views included."""
    found = connection.execute(
        """
        select table_schema, table_name
        from information_schema.tables
        where table_catalog = 'built' and starts_with(table_name, ?)
        order by table_name, table_schema
        """,
        [PREFIX],
    ).fetchall()
    if not found:
        raise NoTablesError(f"no table is named {PREFIX}...")
    schemas = sorted({schema for schema, _ in found})
    if len(schemas) > 1:
        raise PublishingError(
            f"public tables are in several schemas ({', '.join(schemas)}): a published"
            " file has room for one build"
        )
    return found


def _copy(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[tuple[str, str]],
    fresh: Path,
) -> list[PublishedTable]:
    """Write the tables and their comments to a new file, and close it."""
    connection.execute(
        f"attach {_text(fresh)} as published (storage_version '{STORAGE_VERSION}')"
    )
    published = []
    for schema, name in tables:
        to = f"published.{_quoted(name)}"
        ((row_count,),) = connection.execute(
            f"create table {to} as from built.{_quoted(schema)}.{_quoted(name)}"
        ).fetchall()
        published.append(PublishedTable(name, row_count))
        _describe(connection, schema, name, to)
    connection.execute("checkpoint published")
    connection.execute("detach published")
    return published


def _describe(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, to: str
) -> None:
    """Copy the comments, which a copy of rows leaves behind."""
    comments = connection.execute(
        """
        select 'table' as kind, null as column_name, comment from duckdb_tables()
        where database_name = 'built' and schema_name = $schema and table_name = $name
        union all
        select 'table', null, comment from duckdb_views()
        where database_name = 'built' and schema_name = $schema and view_name = $name
        union all
        select 'column', column_name, comment from duckdb_columns()
        where database_name = 'built' and schema_name = $schema and table_name = $name
        """,
        {"schema": schema, "name": name},
    ).fetchall()
    for kind, column, comment in comments:
        if comment:
            on = f"{to}.{_quoted(column)}" if column else to
            connection.execute(f"comment on {kind} {on} is {_text(comment)}")


def _replace(fresh: Path, target: Path) -> None:
    """Put a finished file in place of the old one: at once, and on the disk."""
    # A client that opens the copy to write would lock all the others out. Who may read
    # is for the umask to say: customers' data is not everybody's.
    fresh.chmod(fresh.stat().st_mode & 0o444)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _export(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[tuple[str, str]],
    published: Sequence[PublishedTable],
    folder: Path,
) -> None:
    """Write each table as a Parquet file, then what there is to read."""
    for remains in folder.glob(f".{PREFIX}*.parquet.new"):
        remains.unlink()
    for schema, name in tables:
        fresh = folder / f".{name}.parquet.new"
        try:
            connection.execute(
                f"copy built.{_quoted(schema)}.{_quoted(name)} to {_text(fresh)}"
                # The file has a name of its own already; a kill leaves no second one.
                " (format parquet, compression zstd, use_tmp_file false)"
            )
            _replace(fresh, folder / f"{name}.parquet")
        finally:
            fresh.unlink(missing_ok=True)
    names = {name for _, name in tables}
    for file in sorted(folder.glob(f"{PREFIX}*.parquet")):
        if file.stem not in names:
            file.unlink()
    fresh = folder / f".{CATALOGUE_NAME}.new"
    rows = {table.name: table.row_count for table in published}
    fresh.write_text(json.dumps({"row_counts": rows}, indent=1) + "\n")
    _replace(fresh, folder / CATALOGUE_NAME)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"
