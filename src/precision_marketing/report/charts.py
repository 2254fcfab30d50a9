"""Charts as SVG that a page colours: light, dark and on paper."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

from precision_marketing.summary import display_width

# Across the page a chart is drawn twice, for a desk and for a phone; parts of a page
# fit both as they are.
WIDTHS = {
    "full": {"wide": 900, "narrow": 340},
    "half": {"half": 400},
    "third": {"third": 280},
}
FONT_SIZE = 12
# A digit at the font's size in DejaVu Sans, the widest of the usual fonts.
CHARACTER_WIDTH = 7.7
VEGA_LITE = "6.4"

# No colour is drawn as such: each stands for a custom property of the page's style,
# which has one set of colours for light and one for dark.
INK, MUTED, LINE, SURFACE = "#000001", "#000002", "#000003", "#000004"
SERIES = tuple(f"#10000{number}" for number in range(6))
STEPS = tuple(f"#20000{number}" for number in range(7))
ON_STEPS = tuple(f"#30000{number}" for number in range(7))
PROPERTIES = {
    INK: "--ink",
    MUTED: "--muted",
    LINE: "--line",
    SURFACE: "--surface",
    **{colour: f"--series-{number}" for number, colour in enumerate(SERIES)},
    **{colour: f"--step-{number}" for number, colour in enumerate(STEPS)},
    **{colour: f"--on-step-{number}" for number, colour in enumerate(ON_STEPS)},
}

PADDING = {"left": 2, "right": 8, "top": 8, "bottom": 4}
CONFIG = {
    "aria": False,
    "background": "transparent",
    "font": "sans-serif",
    "padding": PADDING,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": FONT_SIZE,
        "labelColor": MUTED,
        "labelPadding": 6,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
        "titleFontSize": FONT_SIZE,
        "titleFontWeight": "normal",
        "titleColor": MUTED,
        "titlePadding": 8,
        "gridColor": LINE,
        "domain": False,
        "ticks": False,
    },
    "axisX": {"grid": False, "domain": True, "domainColor": LINE},
    "text": {"fontSize": FONT_SIZE, "fill": INK},
}


def colour(name: str) -> str:
    """Custom property of the page that a colour stands for."""
    return f"var({PROPERTIES[name]})"


def data(rows: Sequence[dict[str, Any]]) -> alt.Data:
    """Rows as the data of a chart; what is written is what JSON can hold."""
    return alt.Data(
        values=[{name: _plain(value) for name, value in row.items()} for row in rows]
    )


def _plain(value: Any) -> Any:
    return (
        value
        if value is None or isinstance(value, (int, str, float))
        else (float(value))
    )


def to_svg(
    chart: alt.TopLevelMixin, *, width: int, name: str, title: str, description: str
) -> str:
    """SVG of a chart that fits a width and carries its words.

    Parameters
    ----------
    chart : altair chart
        Its width is that of everything, labels included.
    width : int
        Pixels.
    name : str
        Beginning of all ids within, unlike that of any other chart of the page.
    title, description : str
        What is shown and what can be seen in it.

    Returns
    -------
    str
        An `svg` element without fixed size, font or colour.
    """
    specification = chart.to_dict(validate=False)
    specification["config"] = CONFIG
    specification["width"] = width
    specification["autosize"] = {"type": "fit", "contains": "padding"}
    svg = vl_convert.vegalite_to_svg(specification, vl_version=VEGA_LITE)
    svg = re.sub(r' (font-family|aria-\w+|role|class|pointer-events)="[^"]*"', "", svg)
    svg = re.sub(r'"(#[0-3]0000\d)"', lambda match: f'"{colour(match[1])}"', svg)
    # Labels that found no room are drawn unseen, and would be read out all the same.
    svg = re.sub(r'<text [^>]*opacity="0"[^>]*>[^<]*</text>', "", svg)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    head, body = svg.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', head)[0]
    shown = (f"{name}-title", title), (f"{name}-description", description)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img"'
        f' aria-labelledby="{shown[0][0]}" aria-describedby="{shown[1][0]}"'
        f' style="max-width:{width}px">'
        f'<title id="{shown[0][0]}">{html.escape(title)}</title>'
        f'<desc id="{shown[1][0]}">{html.escape(description)}</desc>{body}'
    )


def text_width(text: str) -> float:
    """Pixels that a text needs at the usual size, whatever fonts are at hand."""
    return CHARACTER_WIDTH * display_width(text)


def step_of(value: float, largest: float, *, is_skewed: bool = False) -> int:
    """Which of the steps from light to dark stands for a value.

    Skewed values step by the square root: a few large ones leave the others apart.
    """
    if largest <= 0:
        return 0
    share = max(float(value) / float(largest), 0)
    place = math.sqrt(share) if is_skewed else share
    return min(len(STEPS) - 1, int(len(STEPS) * place))


# -- Kinds of charts that several sections draw ----------------------------------------


@dataclass(frozen=True)
class Bar:
    """A bar: how long, what is written at its end, and its colour."""

    value: float
    text: str
    colour: str = SERIES[0]


BAR_HEIGHT, LABEL_HEIGHT, GROUP_GAP = 16, 20, 10


def labelled_bars(
    groups: Sequence[tuple[str, Sequence[Bar]]], width: int
) -> alt.LayerChart:
    """Lying bars in groups, the name of a group above it: long names have room.

    What is below nothing has no length; its number says so.
    """
    labels, bars, top = [], [], 0.0
    for name, members in groups:
        labels.append({"name": name, "y": top + LABEL_HEIGHT - 5})
        top += LABEL_HEIGHT
        for bar in members:
            bars.append(
                {
                    "value": max(float(bar.value), 0),
                    "text": bar.text,
                    "colour": bar.colour,
                    "top": top,
                    "middle": top + BAR_HEIGHT / 2,
                    "bottom": top + BAR_HEIGHT - 2,
                }
            )
            top += BAR_HEIGHT
        top += GROUP_GAP
    height = max(top - GROUP_GAP, 1)
    largest = max((bar["value"] for bar in bars), default=0) or 1
    room = max((text_width(bar["text"]) for bar in bars), default=0) + 14
    across = alt.Scale(domain=[0, largest], range=[0, max(width - room, 40)])
    down = alt.Scale(domain=[0, height], range=[0, height], nice=False)
    y = {"scale": down, "axis": None}
    x = alt.X("value:Q", scale=across, axis=None)
    marks = alt.Chart(data(bars)).encode(x=x)
    rectangles = marks.mark_rect().encode(
        x2=alt.datum(0),
        y=alt.Y("top:Q", **y),
        y2="bottom:Q",
        fill=alt.Fill("colour:N", scale=None),
    )
    values = marks.mark_text(align="left", dx=6, baseline="middle").encode(
        y=alt.Y("middle:Q", **y), text="text:N"
    )
    names = (
        alt.Chart(data(labels))
        .mark_text(align="left", baseline="alphabetic", limit=width - 8)
        .encode(x=alt.value(0), y=alt.Y("y:Q", **y), text="name:N")
    )
    padded = height + PADDING["top"] + PADDING["bottom"]
    return alt.layer(rectangles, values, names).properties(height=padded)


@dataclass(frozen=True)
class Cell:
    """A cell of a heat map: where it is, how much, and what is written in it."""

    row: str
    column: str
    value: float | None
    text: str


GRID_HEADER = 46


def heat_map(
    cells: Sequence[Cell],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    width: int,
    row_title: str | None = None,
    column_title: str | None = None,
    row_height: int = 30,
    largest: float | None = None,
    is_skewed: bool = False,
) -> alt.LayerChart:
    """Cells in seven steps of one colour with their numbers in them."""
    if largest is None:
        largest = max((cell.value or 0 for cell in cells), default=0)
    shown = []
    for cell in cells:
        step = step_of(cell.value or 0, largest, is_skewed=is_skewed)
        shown.append(
            {
                "row": cell.row,
                "column": cell.column,
                "text": cell.text,
                "fill": STEPS[step],
                "ink": ON_STEPS[step],
            }
        )
    widest = max(map(text_width, rows), default=0)
    room = min(widest, width * 0.42)
    base = alt.Chart(data(shown)).encode(
        x=alt.X(
            "column:N",
            sort=list(columns),
            scale=alt.Scale(domain=list(columns), padding=0.04),
            axis=alt.Axis(
                orient="top",
                title=column_title,
                domain=False,
                labelAngle=0,
                labelOverlap=False,
                labelLimit=180,
                labelPadding=6,
            ),
        ),
        y=alt.Y(
            "row:N",
            sort=list(rows),
            scale=alt.Scale(domain=list(rows), padding=0.04),
            axis=alt.Axis(
                title=row_title,
                grid=False,
                labelOverlap=False,
                labelLimit=room,
                minExtent=room,
                maxExtent=room,
            ),
        ),
    )
    return alt.layer(
        base.mark_rect(cornerRadius=2).encode(fill=alt.Fill("fill:N", scale=None)),
        base.mark_text(baseline="middle").encode(
            text="text:N", fill=alt.Fill("ink:N", scale=None)
        ),
    ).properties(height=GRID_HEADER + row_height * max(len(rows), 1))


def every(labels: Sequence[str], most: int) -> list[str]:
    """At most so many of the labels, evenly apart and with the last one."""
    step = -(-len(labels) // most)
    return list(labels[::-1][::step][::-1])


# Of the room that a column has, and pixels: one month alone is no wall.
COLUMN_SHARE, COLUMN_MOST = 0.74, 56


def columns_over_time(
    rows: Sequence[dict[str, Any]],
    *,
    width: int,
    order: Sequence[str],
    number_format: str = "~s",
    height: int = 220,
) -> alt.Chart:
    """Standing columns of one or more colours on each other.

    Parameters
    ----------
    rows : sequence of dict
        Each with `label`, `value`, `colour` and `place` (0 is lowest).
    order : sequence of str
        All labels from left to right.
    """
    most = max(2, int(width / 110))
    return (
        alt.Chart(data(rows))
        .mark_bar(size=min(COLUMN_SHARE * width / len(order), COLUMN_MOST))
        .encode(
            x=alt.X(
                "label:N",
                sort=list(order),
                scale=alt.Scale(domain=list(order), padding=0.18),
                axis=alt.Axis(
                    title=None,
                    labelAngle=0,
                    labelOverlap=False,
                    values=every(order, most),
                ),
            ),
            y=alt.Y(
                "value:Q",
                stack="zero",
                axis=alt.Axis(title=None, format=number_format, tickCount=5),
            ),
            fill=alt.Fill("colour:N", scale=None),
            order=alt.Order("place:Q"),
        )
        .properties(height=height)
    )
