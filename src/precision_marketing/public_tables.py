"""The public tables of a built warehouse, for what reads them after a build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

PREFIX = "pm__"
# Of what is written about the tables; the first is that of a build that names none.
LANGUAGES = ("en", "zh")


class NoTablesError(LookupError):
    """The database holds none of the project's tables."""


def require_language(language: str | None) -> None:
    """Raise a ValueError unless the language is known, or None for the build's."""
    if language not in (None, *LANGUAGES):
        raise ValueError(
            f"language: expected {' or '.join(LANGUAGES)}, got {language!r}"
        )


class PublicTables:
    """The public tables of a warehouse, wherever in it they are."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        found = self._records(
            """
            select database_name, schema_name, count(*) as table_count
            from (
                select database_name, schema_name, table_name from duckdb_tables()
                union all
                select database_name, schema_name, view_name from duckdb_views()
            ) as relations
            where starts_with(table_name, ?) and database_name = current_database()
            group by database_name, schema_name
            order by table_count desc, schema_name
            """,
            [PREFIX],
        )
        if not found:
            raise NoTablesError(f"no table is named {PREFIX}...")
        self._schema = found[0]["schema_name"]
        self.count = found[0]["table_count"]
        self._columns: dict[str, set[str]] = {}
        for row in self._records(
            """
            select table_name, column_name from duckdb_columns()
            where database_name = current_database() and schema_name = ?
            """,
            [self._schema],
        ):
            self._columns.setdefault(row["table_name"], set()).add(row["column_name"])

    @property
    def path(self) -> str:
        """File of the warehouse."""
        return self._records(
            """
            select coalesce(path, ':memory:') as path from duckdb_databases()
            where database_name = current_database()
            """
        )[0]["path"]

    def has(self, name: str, *columns: str) -> bool:
        """Whether there is such a table, with all of these columns."""
        return set(columns) <= self._columns.get(PREFIX + name, set()) and (
            PREFIX + name in self._columns
        )

    def rows(self, name: str, columns: str, rest: str = "") -> list[dict[str, Any]]:
        """Rows of a public table; none where the table is missing."""
        if not self.has(name):
            return []
        return self._records(
            f'select {columns} from "{self._schema}".pm__{name} {rest}'
        )

    def first(self, name: str, columns: str, rest: str = "") -> dict[str, Any] | None:
        """First of these rows."""
        return next(iter(self.rows(name, columns, rest)), None)

    def _records(
        self, sql: str, parameters: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        finally:
            cursor.close()
