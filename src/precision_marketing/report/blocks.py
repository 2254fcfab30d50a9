"""What a section of the report is made of; how it looks is the template's affair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import altair as alt

from precision_marketing.public_tables import PREFIX, PublicTables
from precision_marketing.report.words import Words

TONES = ("good", "fair", "poor")


@dataclass(frozen=True)
class Text:
    """A paragraph; the first one of a section says in plain words what was found."""

    text: str
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Notice:
    """A paragraph that keeps the reader from relying on too little."""

    text: str
    kind: ClassVar[str] = "notice"


@dataclass(frozen=True)
class Heading:
    """A title within a section."""

    text: str
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Tile:
    """One number with its name and a remark."""

    name: str
    value: str
    remark: str = ""


@dataclass(frozen=True)
class Tiles:
    """Headline figures."""

    title: str
    tiles: Sequence[Tile]
    tables: Sequence[str]
    kind: ClassVar[str] = "tiles"


@dataclass(frozen=True)
class Chart:
    """A picture.

    Attributes
    ----------
    title : str
        What it shows.
    description : str
        What can be seen in it, for who cannot see it.
    draw : callable
        Makes the chart for a width in pixels.
    tables : sequence of str
        Public tables behind it, without the prefix.
    legend : sequence of (str, str)
        Colour, or none, and what it stands for.
    size : {"full", "half", "third"}
        Room across the page; parts of a page stand side by side in a `Row`.
    """

    title: str
    description: str
    draw: Callable[[int], alt.TopLevelMixin]
    tables: Sequence[str]
    legend: Sequence[tuple[str, str]] = ()
    size: str = "full"
    kind: ClassVar[str] = "chart"


@dataclass(frozen=True)
class Row:
    """Charts side by side, below each other on a narrow page."""

    charts: Sequence[Chart]
    kind: ClassVar[str] = "row"


@dataclass(frozen=True)
class Badge:
    """A short verdict: a text and how good it is."""

    text: str
    tone: str = "fair"

    def __post_init__(self) -> None:
        if self.tone not in TONES:
            raise ValueError(
                f"tone: expected one of {', '.join(TONES)}, got {self.tone!r}"
            )


@dataclass(frozen=True)
class Column:
    """A column of a table: numbers stand right, long texts get room."""

    name: str
    is_number: bool = False
    is_long: bool = False


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str | Badge]]
    tables: Sequence[str]
    kind: ClassVar[str] = "table"


Block = Text | Notice | Heading | Tiles | Chart | Row | Table


class Reader:
    """The public tables that a section has named, and no others."""

    def __init__(self, tables: PublicTables, names: Sequence[str]) -> None:
        self._tables = tables
        self._names = frozenset(names)

    def rows(self, name: str, columns: str, rest: str = "") -> list[dict]:
        """Rows of a public table; see `PublicTables.rows`."""
        if name not in self._names:
            raise ValueError(
                f"{PREFIX}{name} is not among the tables that the section names:"
                f" {', '.join(sorted(self._names))}"
            )
        return self._tables.rows(name, columns, rest)

    def first(self, name: str, columns: str, rest: str = "") -> dict | None:
        """First of these rows."""
        return next(iter(self.rows(name, columns, rest)), None)

    def is_empty(self, name: str) -> bool:
        """Whether the table is missing or has no row."""
        return not self.rows(name, "1 as one", "limit 1")


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes
    ----------
    title, filled_by : mapping of str to str
        Heading, and what would fill the section were it empty, by language.
    needs : sequence of str
        Public tables, without the prefix, that all must have rows.
    reads : sequence of str
        Other public tables it reads where they have rows.
    words : mapping
        Its texts by language and key.
    blocks : callable
        Yields its blocks in the order they are read.
    """

    title: Mapping[str, str]
    needs: Sequence[str]
    filled_by: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    blocks: Callable[[Reader, Words], Iterator[Block]]
    reads: Sequence[str] = field(default=())

    @property
    def tables(self) -> tuple[str, ...]:
        """All tables it may read."""
        return (*self.needs, *self.reads)
