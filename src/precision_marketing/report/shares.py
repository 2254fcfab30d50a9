"""The figure that RFM segments and segments of customers share."""

from __future__ import annotations

from collections.abc import Sequence

from precision_marketing.report.blocks import Chart
from precision_marketing.report.charts import SERIES, Bar, labelled_bars
from precision_marketing.report.words import Words, percent

OF_CUSTOMERS, OF_REVENUE = SERIES[5], SERIES[0]

# Texts that a section with the figure has beside its own.
WORDS = {
    "en": {
        "shares_seen": "Two bars a segment, largest revenue first: {list}.",
        "share_seen": "{name} {customers} of customers, {revenue} of revenue",
        "of_customers": "of customers",
        "of_revenue": "of revenue",
    },
    "zh": {
        "shares_seen": "每个分群两条，按收入从高到低：{list}。",
        "share_seen": "{name} 客户 {customers}、收入 {revenue}",
        "of_customers": "客户占比",
        "of_revenue": "收入占比",
    },
}


def share_bars(
    segments: Sequence[dict], words: Words, *, name: str, table: str, told: int
) -> Chart:
    """Share of revenue beside share of customers, two bars a segment.

    Parameters
    ----------
    segments : sequence of dict
        Rows with share_of_revenue, share_of_customers and the column `name`, largest
        revenue first.
    words : Words
        Texts of the section, with a title "shares" and those of `WORDS`.
    name, table : str
        Column with the segment's name, and the table that the rows are from.
    told : int
        So many of the segments are told to who cannot see the chart.

    Returns
    -------
    Chart
        The figure, with a legend.
    """
    groups = [
        (
            segment[name],
            [
                Bar(
                    segment["share_of_revenue"] or 0,
                    percent(segment["share_of_revenue"]),
                    OF_REVENUE,
                ),
                Bar(
                    segment["share_of_customers"] or 0,
                    percent(segment["share_of_customers"]),
                    OF_CUSTOMERS,
                ),
            ],
        )
        for segment in segments
    ]
    seen = [
        words(
            "share_seen",
            name=segment[name],
            customers=percent(segment["share_of_customers"]),
            revenue=percent(segment["share_of_revenue"]),
        )
        for segment in segments[:told]
    ]
    return Chart(
        title=words("shares"),
        description=words("shares_seen", list=words.listed(seen)),
        draw=lambda width: labelled_bars(groups, width),
        tables=[table],
        legend=[
            (OF_REVENUE, words("of_revenue")),
            (OF_CUSTOMERS, words("of_customers")),
        ],
    )
