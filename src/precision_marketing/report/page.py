"""The report: one HTML file that needs nothing else, from the public tables alone."""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from precision_marketing.public_tables import (
    LANGUAGES,
    PREFIX,
    PublicTables,
    require_language,
)
from precision_marketing.report import sections as section_modules
from precision_marketing.report.blocks import Block, Chart, Reader, Row, Section
from precision_marketing.report.charts import WIDTHS, colour, to_svg
from precision_marketing.report.words import Words

# Quiet at first: most reports are done before anyone wonders.
QUIET_SECONDS = 5

WORDS = {
    "en": {
        "title": "Customer report",
        "as_of": "As of {day}",
        "orders_from": "orders from {first} to {last}",
        "skip": "Skip to the content",
        "contents": "Contents",
        "source": "Source:",
        "nothing": "Nothing to show: {table} is empty.",
        "missing": "Nothing to show: {table} was not built.",
        "scroll": "{title} (scrolls sideways)",
        "made_by": (
            "Made by precision_marketing {version} from the public tables that each"
            " figure names; each column of them is described in the project's"
            " documentation."
        ),
    },
    "zh": {
        "title": "客户分析报告",
        "as_of": "截至 {day}",
        "orders_from": "订单日期 {first} 至 {last}",
        "skip": "跳到正文",
        "contents": "目录",
        "source": "来源：",
        "nothing": "暂无内容：{table} 为空。",
        "missing": "暂无内容：{table} 尚未构建。",
        "scroll": "{title}（可左右滚动）",
        "made_by": (
            "由 precision_marketing {version} 根据各图表所注明的公开表生成；"
            "各列含义见项目文档。"
        ),
    },
}


def sections() -> dict[str, Section]:
    """All sections by the name of their module, in the order of the report."""
    found = {}
    for module in sorted(
        pkgutil.iter_modules(section_modules.__path__), key=lambda module: module.name
    ):
        loaded = importlib.import_module(f"{section_modules.__name__}.{module.name}")
        found[module.name] = loaded.SECTION
    return found


def render(
    connection: duckdb.DuckDBPyConnection,
    *,
    language: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> str:
    """Write the report of a built warehouse as HTML.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Connection to a built warehouse; read-only will do.
    language : {"en", "zh"}, optional
        Language of the report; that of the build unless given. Names and advice out
        of the tables stay in the language they were built in.
    progress : callable, optional
        Is told now and then how far the report has come.

    Returns
    -------
    str
        A whole page. The same tables give the same page.

    Raises
    ------
    ValueError
        When the language is unknown.
    NoTablesError
        When there is no public table at all.
    """
    require_language(language)
    tables = PublicTables(connection)
    info = tables.first("build_info", "*") or {}
    language = language or info.get("language") or LANGUAGES[0]
    currency = info.get("currency") or ""
    words = Words(language, currency, WORDS[language])
    began = time.monotonic()
    shown = []
    found = sections()
    for number, (name, section) in enumerate(found.items(), start=1):
        if progress and time.monotonic() - began > QUIET_SECONDS:
            seconds = time.monotonic() - began
            progress(f"report: section {number} of {len(found)}, {seconds:.0f} s")
        section_words = Words(language, currency, section.words[language])
        shown.append(
            {
                "id": name.split("_", 1)[1].replace("_", "-"),
                "title": section.title[language],
                "blocks": list(_blocks(name, section, tables, section_words, words)),
            }
        )
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("precision_marketing.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html.j2").render(
        language={"en": "en", "zh": "zh-Hans"}[language],
        info=info,
        words=words,
        sections=shown,
        PREFIX=PREFIX,
    )


def write(page: str, output: Path) -> None:
    """Put a page where it belongs, in one move: a reader never sees half of it."""
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(output.name + ".unfinished")
    unfinished.write_text(page, encoding="utf-8")
    unfinished.replace(output)


def _blocks(
    name: str, section: Section, tables: PublicTables, texts: Words, words: Words
) -> Iterator[dict[str, Any]]:
    reader = Reader(tables, section.tables)
    absent = next((table for table in section.needs if reader.is_empty(table)), None)
    if absent is not None:
        key = "nothing" if tables.has(absent) else "missing"
        sentence = words(key, table=PREFIX + absent)
        reason = section.filled_by[words.language]
        yield {"kind": "absent", "text": words.sentences(sentence, reason)}
        return
    for number, block in enumerate(section.blocks(reader, texts), start=1):
        yield _shown(block, f"{name.split('_', 1)[1].replace('_', '-')}-{number}")


def _shown(block: Block, name: str) -> dict[str, Any]:
    """A block as the template takes it."""
    if isinstance(block, Row):
        charts = [
            _shown(chart, f"{name}-{number}")
            for number, chart in enumerate(block.charts, start=1)
        ]
        return {"kind": block.kind, "charts": charts}
    shown: dict[str, Any] = {"kind": block.kind, "block": block, "name": name}
    if isinstance(block, Chart):
        shown["drawings"] = {
            size: to_svg(
                block.draw(width),
                width=width,
                name=f"{name}-{size}",
                title=block.title,
                description=block.description,
            )
            for size, width in WIDTHS[block.size].items()
        }
        shown["legend"] = [
            (colour(key) if key else "", text) for key, text in block.legend
        ]
    return shown
