"""The report of the demo shop as Chromium shows it, on wide and narrow pages."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from precision_marketing.public_tables import PREFIX, PublicTables
from precision_marketing.report import render
from precision_marketing.report.blocks import Reader
from precision_marketing.report.page import sections
from precision_marketing.report.words import GAP, Words

from .browser import Page, browser
from .builds import Warehouse

DESK, PHONE = 1280, 390
# A sheet of A4 without its margins.
PAPER = 718
LEAST_CONTRAST = 4.5
SECTIONS = sections()
# A name after from or join, without its schema.
READS = re.compile(r'\b(?:from|join)\s+(?:"?\w+"?\.)?"?(\w+)"?', re.IGNORECASE)

VIEWS = pytest.mark.parametrize(
    ("width", "is_dark"),
    [(DESK, False), (DESK, True), (PHONE, False), (PHONE, True)],
    ids=["desk-light", "desk-dark", "phone-light", "phone-dark"],
)
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])

# Shared by the scripts: what is shown, and whether it may be wider than the page.
HELPERS = """
const isShown = node => {
    const box = node.getBoundingClientRect();
    return box.width > 0 && box.height > 0
        && getComputedStyle(node).visibility !== 'hidden';
};
const name = node => node.tagName + '.' + (node.getAttribute('class') || '')
    + ' ' + (node.textContent || '').trim().slice(0, 60);
const scrolls = node => node.closest('.scroll, .skip') !== null;
"""

WIDER_THAN_THE_PAGE = """
[...document.body.querySelectorAll('*')]
    .filter(node => isShown(node) && !scrolls(node))
    .filter(node => {
        const box = node.getBoundingClientRect();
        return box.right > innerWidth + 1 || box.left < -1;
    })
    .map(name)
"""

# Texts of a chart that lie over each other or stick out of their figure.
BADLY_PLACED_TEXT = """
[...document.querySelectorAll('figure.chart')].flatMap(figure => {
    const room = figure.getBoundingClientRect();
    const texts = [...figure.querySelectorAll('svg text')].filter(isShown)
        .map(node => ({name: name(node), box: node.getBoundingClientRect()}));
    const outside = texts.filter(({box}) =>
        box.left < room.left - 1 || box.right > room.right + 1
        || box.bottom > room.bottom + 1);
    const title = figure.querySelector('.title').textContent;
    const over = [];
    // A line box is taller than its letters: those of neighbours may touch.
    texts.forEach((one, at) => texts.slice(at + 1).forEach(other => {
        const across = Math.min(one.box.right, other.box.right)
            - Math.max(one.box.left, other.box.left);
        const down = Math.min(one.box.bottom, other.box.bottom)
            - Math.max(one.box.top, other.box.top);
        if (across > 1 && down > 4) over.push([title, one.name, other.name]);
    }));
    return [...outside.map(text => [title, 'outside', text.name]), ...over];
})
"""

# Contrast of each text with what lies behind it: in a chart the last shape that was
# drawn there before it, elsewhere the nearest background.
LOW_CONTRAST = """
(() => {
    const channels = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
    const luminance = colour => {
        const [red, green, blue] = channels(colour).slice(0, 3).map(value => {
            const share = value / 255;
            return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (one, other) => {
        const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
    };
    const isOpaque = colour => {
        const values = channels(colour);
        return values.length === 3 || values[3] > 0.99;
    };
    const behind = node => {
        for (let at = node; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (isOpaque(colour)) return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    const behindInChart = text => {
        const box = text.getBoundingClientRect();
        const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
        const marks = [...text.closest('svg').querySelectorAll('path')].filter(mark => {
            const place = mark.getBoundingClientRect();
            return mark.getAttribute('fill') && mark.getAttribute('fill') !== 'none'
                && mark.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING
                && place.left <= x && x <= place.right
                && place.top <= y && y <= place.bottom;
        });
        const last = marks[marks.length - 1];
        return last ? getComputedStyle(last).fill : behind(text.closest('svg'));
    };
    const found = [];
    let count = 0;
    const judge = (node, ink, ground) => {
        count += 1;
        const value = contrast(ink, ground);
        if (value < LEAST) found.push([name(node), ink, ground, value]);
    };
    document.querySelectorAll('svg text').forEach(node => {
        const ink = getComputedStyle(node).fill;
        if (isShown(node)) judge(node, ink, behindInChart(node));
    });
    document.querySelectorAll('body *:not(svg *)').forEach(node => {
        const hasText = [...node.childNodes].some(
            child => child.nodeType === Node.TEXT_NODE && child.textContent.trim());
        if (hasText && isShown(node))
            judge(node, getComputedStyle(node).color, behind(node));
    });
    return {count, found};
})()
"""


def in_page(page: Page, script: str):
    return page.evaluate(f"(() => {{ {HELPERS}; return ({script.strip()}); }})()")


@pytest.fixture(scope="module")
def reports(demo: Warehouse, tmp_path_factory) -> dict[str, Path]:
    """The report of the demo shop by language."""
    folder = tmp_path_factory.mktemp("report")
    found = {}
    for language in ("en", "zh"):
        with demo.connection() as connection:
            page = render(connection, language=language)
        found[language] = folder / f"{language}.html"
        found[language].write_text(page, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def tab(tmp_path_factory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


# -- In a browser ----------------------------------------------------------------------


@LANGUAGES
@VIEWS
def test_a_view_is_whole_readable_and_quiet(reports, tab, language, width, is_dark):
    tab.complaints.clear()
    tab.requests.clear()

    tab.open(reports[language], width=width, is_dark=is_dark)

    assert [url for url in tab.requests if not url.startswith(("file:", "data:"))] == []
    assert tab.complaints == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert in_page(tab, WIDER_THAN_THE_PAGE) == []
    assert in_page(tab, BADLY_PLACED_TEXT) == []
    contrast = in_page(tab, LOW_CONTRAST.replace("LEAST)", f"{LEAST_CONTRAST})"))
    assert contrast["count"] > 1000
    assert contrast["found"] == []
    is_light = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (is_light == "rgb(255, 255, 255)") != is_dark


@LANGUAGES
def test_paper_is_light_and_wide_enough(reports, tab, language):
    tab.open(reports[language], width=PAPER, is_dark=True, medium="print")

    colour = "getComputedStyle(document.body)"
    assert tab.evaluate(f"{colour}.backgroundColor") == "rgb(255, 255, 255)"
    assert tab.evaluate(f"{colour}.color") == "rgb(27, 32, 38)"
    everything = WIDER_THAN_THE_PAGE.replace("&& !scrolls(node)", "")
    assert in_page(tab, everything) == []
    assert in_page(tab, BADLY_PLACED_TEXT) == []


@LANGUAGES
def test_each_section_is_there_with_data(reports, tab, language):
    tab.open(reports[language], width=DESK, is_dark=False)

    shown = tab.evaluate(
        "[...document.querySelectorAll('main > section')].map(section =>"
        " [section.id, section.querySelector('h2').textContent,"
        "  section.querySelectorAll('figure, table').length > 0])"
    )
    assert shown == [
        [name.split("_", 1)[1].replace("_", "-"), section.title[language], True]
        for name, section in SECTIONS.items()
    ]
    assert tab.evaluate("document.querySelectorAll('.absent').length") == 0


# What each shop's data cannot fill: no customers and no days, or a single item.
ABSENT = {
    "groceries": {
        *("rfm", "segments", "segment-map", "movement", "cohorts"),
        *("recommendations", "models", "value"),
    },
    "cdnow": {"baskets"},
    "online_retail": set(),
}


@pytest.mark.parametrize("name", ABSENT)
def test_a_real_shop_has_a_whole_report(build_data_set, tab, tmp_path, name):
    with build_data_set(name).connection() as connection:
        page = render(connection)
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")

    for width in (PHONE, DESK):
        tab.complaints.clear()
        tab.open(path, width=width, is_dark=False)
        assert tab.complaints == []
        assert in_page(tab, WIDER_THAN_THE_PAGE) == []
        assert in_page(tab, BADLY_PLACED_TEXT) == []
    absent = tab.evaluate(
        "[...document.querySelectorAll('.absent')]"
        ".map(sentence => sentence.closest('section').id)"
    )
    assert set(absent) == ABSENT[name]


def test_whoever_listens_or_types_gets_the_same_order(reports, tab):
    tab.open(reports["en"], width=DESK, is_dark=False)

    levels = tab.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]"
        ".map(heading => Number(heading.tagName[1]))"
    )
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    landmarks = tab.evaluate(
        "[...document.body.children].map(node => node.tagName.toLowerCase())"
    )
    assert landmarks == ["a", "header", "nav", "main", "footer"]
    # The first thing that the tab key reaches leads past the contents.
    assert tab.evaluate("document.querySelector('a[href], [tabindex]').hash") == (
        "#content"
    )
    broken = tab.evaluate(
        "[...document.querySelectorAll('a')].map(link => link.hash)"
        ".filter(hash => !document.querySelector(hash))"
    )
    assert broken == []
    twice = tab.evaluate(
        "[...document.querySelectorAll('[id]')].map(node => node.id)"
        ".filter((id, at, all) => all.indexOf(id) !== at)"
    )
    assert twice == []


def test_each_picture_and_table_has_a_name_and_a_source(reports, tab):
    tab.open(reports["en"], width=DESK, is_dark=False)

    unnamed = tab.evaluate(
        "[...document.querySelectorAll('svg, img')].filter(svg =>"
        " svg.getAttribute('role') !== 'img'"
        " || ['aria-labelledby', 'aria-describedby'].some(attribute =>"
        "  !document.getElementById(svg.getAttribute(attribute))?.textContent)"
        ").length"
    )
    assert unnamed == 0
    tables = tab.evaluate(
        "[...document.querySelectorAll('table')].map(table => [!!table.caption,"
        " [...table.querySelectorAll('thead th')].every(th => th.scope === 'col'),"
        " [...table.querySelectorAll('tbody tr')].every(tr =>"
        "  tr.cells[0].scope === 'row'),"
        " table.parentElement.tabIndex === 0,"
        " !!table.parentElement.getAttribute('aria-label')])"
    )
    assert tables and all(all(facts) for facts in tables)
    sources = tab.evaluate(
        "[...document.querySelectorAll('figcaption, caption')].map(caption =>"
        " [...caption.querySelectorAll('code')].map(code => code.textContent))"
    )
    assert all(names for names in sources)
    assert all(name.startswith(PREFIX) for names in sources for name in names)


# -- What it rests on ------------------------------------------------------------------


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_reads_the_tables_it_names_and_no_others(demo, name, monkeypatch):
    asked = []
    records = PublicTables._records

    def overheard(self, sql, parameters=()):
        asked.append(sql)
        return records(self, sql, parameters)

    section = SECTIONS[name]
    with demo.connection() as connection:
        reader = Reader(PublicTables(connection), section.tables)
        monkeypatch.setattr(PublicTables, "_records", overheard)
        words = Words("en", "EUR", section.words["en"])
        blocks = list(section.blocks(reader, words))
    read = {name.removeprefix(PREFIX) for sql in asked for name in READS.findall(sql)}
    assert set(section.reads) <= read <= set(section.tables)
    figures = [chart for block in blocks for chart in getattr(block, "charts", [block])]
    named = [figure.tables for figure in figures if hasattr(figure, "tables")]
    assert named and all(named)
    assert set().union(*named) <= read


def test_customers_are_never_read_one_by_one_and_threads_change_nothing(
    demo, reports, monkeypatch
):
    most = 0
    records = PublicTables._records

    def counted(self, sql, parameters=()):
        nonlocal most
        found = records(self, sql, parameters)
        if PREFIX in sql:
            most = max(most, len(found))
        return found

    monkeypatch.setattr(PublicTables, "_records", counted)
    with demo.connection() as connection:
        connection.execute("set threads to 1")
        page = render(connection)

    assert page == reports["en"].read_text(encoding="utf-8")
    customers = demo.value("select count(*) from pm__customers")
    assert most < customers / 2


def test_headline_figures_are_those_of_the_tables(demo, reports):
    text = re.sub(r"<[^>]*>", " ", reports["en"].read_text(encoding="utf-8"))

    revenue, segment, actions = demo.rows(
        "select (select sum(net_revenue) from pm__orders),"
        " (select segment_name from pm__segments order by net_revenue desc limit 1),"
        " (select list(recommended_action) from pm__rfm_segments"
        "  where customer_count > 0)"
    )[0]
    assert f"{revenue:,.0f}{GAP}EUR" in text
    assert segment in text
    assert all(action in text for action in actions)
