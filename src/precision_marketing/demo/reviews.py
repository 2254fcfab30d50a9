"""Reviews: template texts of known sentiment."""

from __future__ import annotations

import numpy as np
import pandas as pd

from precision_marketing.demo import config as c
from precision_marketing.demo.catalog import Catalog
from precision_marketing.demo.text import words

REVIEW_SHARE = 0.06  # of identified sale lines
SENTIMENTS = ("positive", "neutral", "negative")
# Item quality is good or poor; P(sentiment | quality).
POOR_ITEM_SHARE = 0.2
SENTIMENT_SHARES = {"good": (0.72, 0.16, 0.12), "poor": (0.2, 0.2, 0.6)}
RATINGS = {"positive": (4, 5), "neutral": (3, 3), "negative": (1, 2)}
MISSING_RATING_SHARE = 0.1
REVIEW_DELAY_DAYS = (2, 21)


def make_reviews(
    *, config: c.DemoConfig, catalog: Catalog, sales: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Make the reviews input from sale lines of identified customers.

    Parameters
    ----------
    sales : pandas.DataFrame
        Clean sale lines: customer_id, second, item.

    Returns
    -------
    frame : pandas.DataFrame
    labels : pandas.DataFrame
        Truth per review: review_id, sentiment.
    truth : dict
    """
    rng = config.rng("reviews")
    text = words(config.language)
    known = sales[sales["customer_id"].notna()]
    delay = rng.integers(
        REVIEW_DELAY_DAYS[0] * c.DAY_SECONDS,
        REVIEW_DELAY_DAYS[1] * c.DAY_SECONDS,
        len(known),
    )
    second = known["second"].to_numpy() + delay
    chosen = (rng.random(len(known)) < REVIEW_SHARE) & (second < config.end_second)
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(second[rows], kind="stable")]
    item = known["item"].to_numpy()[rows]
    n = len(rows)
    is_poor = rng.random(catalog.size) < POOR_ITEM_SHARE
    shares = np.array([SENTIMENT_SHARES["good"], SENTIMENT_SHARES["poor"]])
    limits = np.cumsum(shares, axis=1)[is_poor[item].astype(int)]
    sentiment = (rng.random(n)[:, None] >= limits[:, :2]).sum(axis=1)
    pick = rng.integers(0, 1 << 30, size=(n, 4))
    no_rating = rng.random(n) < MISSING_RATING_SHARE
    body, title, rating = [], [], []
    for k in range(n):
        mood = SENTIMENTS[sentiment[k]]

        def choose(options, slot, k=k):
            return options[pick[k, slot] % len(options)]

        opening = choose(text.REVIEW_OPENINGS[mood], 0)
        body.append(
            text.REVIEW_JOIN.format(
                opening=opening.format(item=catalog.names[item[k]]),
                closing=choose(text.REVIEW_CLOSINGS[mood], 1),
            )
        )
        title.append(choose(text.REVIEW_TITLES[mood], 2))
        rating.append(choose(RATINGS[mood], 3))
    frame = pd.DataFrame(
        {
            "review_id": [f"R{k + 1:06d}" for k in range(n)],
            "item_id": catalog.item_ids[item],
            "reviewed_at": second[rows].astype("datetime64[s]"),
            "body": body,
            "customer_id": known["customer_id"].to_numpy(object)[rows],
            "rating": pd.array(np.where(no_rating, 0, rating), "Int64"),
            "title": title,
            "language": config.language,
        }
    )
    frame.loc[no_rating, "rating"] = pd.NA
    labels = pd.DataFrame(
        {
            "review_id": frame["review_id"],
            "sentiment": np.array(SENTIMENTS, object)[sentiment],
            "is_poor_item": is_poor[item],
        }
    )
    truth = {
        "row_count": n,
        "rows_by_sentiment": {
            s: int((labels["sentiment"] == s).sum()) for s in SENTIMENTS
        },
        "missing_rating_count": int(no_rating.sum()),
        "sentiment_shares": {k: list(v) for k, v in SENTIMENT_SHARES.items()},
        "poor_item_ids": sorted(catalog.item_ids[is_poor]),
    }
    return frame, labels, truth
