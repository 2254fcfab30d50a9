"""Arguments, planted parameters and random streams of the demo shop."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

import numpy as np

LANGUAGES: Final = ("en", "zh")
DIRT_MODES: Final = ("text", "typed")
DAY_SECONDS: Final = 86_400

# --- Purchases: BG/NBD, time unit one day -------------------------------------------
# About 4.6 orders a customer and 40 % one-time buyers over two years. The small r
# spreads log(lambda) wide, so that few customers sit near the cut below.
BG_NBD: Final = {"r": 0.4, "alpha": 45.0, "a": 0.4, "b": 6.0}
# Customers at or above this purchase rate (orders a day) are "frequent": about 30 %.
LAMBDA_CUT: Final = 0.010
# First purchases thin out: the last day gets 1 - this of the first day's weight. Long
# histories let observed orders tell the rate classes apart.
ARRIVAL_DECLINE: Final = 0.8

# --- Spend: class and personal factor, both independent of lambda and p -------------
SPEND_CLASSES: Final = ("low", "high")
SHARE_HIGH_SPEND: Final = 0.4
PREMIUM_SHARE: Final = (0.25, 0.75)  # P(a draw is from the premium tier | class)
EXTRA_UNITS: Final = (0.25, 5.0)  # quantity = 1 + Poisson(extra units * factor)
SPEND_FACTOR_SHAPE: Final = 8.0  # factor ~ Gamma(8, scale 1/8): mean 1, CV 0.35
RATE_CLASSES: Final = ("occasional", "frequent")
ARCHETYPES: Final = (
    "occasional_low",
    "occasional_high",
    "frequent_low",
    "frequent_high",
)

# --- Baskets -----------------------------------------------------------------------
# Base draws per basket: 1 + Binomial(4, 0.45), mean 2.8. Narrower than a Poisson, so
# that basket size alone makes no lift.
LINE_TRIALS: Final = 4
LINE_PROBABILITY: Final = 0.45
ZIPF_EXPONENT: Final = 0.9  # Zipf-Mandelbrot: weight = 1 / (rank + shift) ** exponent
ZIPF_SHIFT: Final = 8.0
FAVOURITE_CATEGORY_SHARE: Final = 0.15  # of draws; mild, see the package docstring
REPERTOIRE_SHARE: Final = 0.12  # of draws; gives "buy again" something to find
REPERTOIRE_SIZE: Final = 4  # a power of two: the slot comes from random bits
DEFAULT_ITEMS: Final = 200
MIN_ITEMS: Final = 80
MAX_ITEMS: Final = 50_000
MIN_PAIRS: Final = 12

# --- Orders ------------------------------------------------------------------------
CHANNELS: Final = ("web", "app", "store")
FAVOURITE_CHANNEL_SHARE: Final = 0.7
GUEST_SHARE: Final = 0.03  # of orders; they carry no customer_id
PROMOTION_RATES: Final = (0.0, 0.10, 0.20)
PROMOTION_SHARES: Final = (0.85, 0.10, 0.05)
COUNTRY_SHARES: Final = (0.55, 0.20, 0.15, 0.10)
# Seasonality acts on first purchases only: repeat purchases must stay a homogeneous
# Poisson process, or BG/NBD would not be the truth.
MONTH_WEIGHTS: Final = (0.9, 0.85, 0.95, 1, 1, 1, 0.9, 0.9, 1, 1.05, 1.25, 1.2)
WEEKDAY_WEIGHTS: Final = (0.95, 0.95, 1.0, 1.0, 1.1, 1.1, 0.9)  # Monday first

# --- Blocks ------------------------------------------------------------------------
# The unit of randomness. Its size is fixed: another size would be another shop.
BLOCK_CUSTOMERS: Final = 32_768
# Order numbers are block * this + 1, 2, ...: a block needs no other block's counts.
ORDER_NUMBERS_PER_BLOCK: Final = 1_000_000

# --- Random streams (the first part of numpy's spawn key) ---------------------------
STREAMS: Final = {
    name: number
    for number, name in enumerate(
        (
            "catalog",
            "people",
            "orders",
            "lines",
            "dirt",
            "customers",
            "events",
            "reviews",
            "touchpoints",
            "contacts",
            "experiment",
            "consents",
            "pilot",
        )
    )
}

MAX_CUSTOMERS: Final = 30_000_000
MAX_DAYS: Final = 3_660
MIN_DAYS: Final = 180


@dataclasses.dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """Everything that decides the content of a demo shop.

    Parameters
    ----------
    customers : int
        Customers with at least one order (guests and prospects come on top).
    seed : int
        Non-negative seed. Equal arguments give equal bytes under one numpy version;
        numpy does not promise equal streams across versions.
    language : {"en", "zh"}
        Language of names, categories, regions and reviews.
    start : datetime.date
        First day with orders.
    days : int
        Length of the period in days; the default ends on 2025-12-31.
    items : int or None
        Catalogue size; None grows it with the square root of `customers`.
    dirt : {"text", "typed"}
        "typed" leaves out the kinds that need text in a number or date column.

    Raises
    ------
    ValueError
        With every bad argument in one message.
    """

    customers: int = 2_000
    seed: int = 20_240_101
    language: str = "en"
    start: dt.date = dt.date(2024, 1, 1)
    days: int = 731
    items: int | None = None
    dirt: str = "text"

    def __post_init__(self) -> None:
        problems = []
        if not 1 <= self.customers <= MAX_CUSTOMERS:
            problems.append(
                f"customers must lie in 1..{MAX_CUSTOMERS}, got {self.customers}"
            )
        if self.seed < 0:
            problems.append(f"seed must be 0 or more, got {self.seed}")
        if self.language not in LANGUAGES:
            problems.append(
                f"language must be one of {', '.join(LANGUAGES)}, got {self.language!r}"
            )
        if not MIN_DAYS <= self.days <= MAX_DAYS:
            problems.append(
                f"days must lie in {MIN_DAYS}..{MAX_DAYS}, got {self.days}: the"
                " experiment needs a past and a future"
            )
        if not 1990 <= self.start.year <= 2080:
            problems.append(
                f"start must lie in 1990..2080, got {self.start}: earlier dates count"
                " as impossible, later ones as future"
            )
        if self.items is not None and not MIN_ITEMS <= self.items <= MAX_ITEMS:
            problems.append(
                f"items must lie in {MIN_ITEMS}..{MAX_ITEMS}, got {self.items}"
            )
        if self.dirt not in DIRT_MODES:
            problems.append(
                f"dirt must be one of {', '.join(DIRT_MODES)}, got {self.dirt!r}"
            )
        if problems:
            raise ValueError("demo shop: " + "; ".join(problems))

    @property
    def item_count(self) -> int:
        """Catalogue size: given, or grown with the square root of the customers."""
        if self.items is not None:
            return self.items
        grown = DEFAULT_ITEMS * (self.customers / 2_000) ** 0.5
        return int(np.clip(grown, DEFAULT_ITEMS, MAX_ITEMS))

    @property
    def block_count(self) -> int:
        """Number of blocks of `BLOCK_CUSTOMERS` customers."""
        return -(-self.customers // BLOCK_CUSTOMERS)

    def block_size(self, block: int) -> int:
        """Customers in one block; only the last one may be smaller."""
        return min(BLOCK_CUSTOMERS, self.customers - block * BLOCK_CUSTOMERS)

    @property
    def customer_digits(self) -> int:
        """Digits of a customer id: short ones while they last, prospects included."""
        return 6 if self.customers <= 900_000 else 8

    @property
    def order_digits(self) -> int:
        """Digits of an order id; nine hold the numbers of the largest shop."""
        return 7 if self.block_count * ORDER_NUMBERS_PER_BLOCK < 10**7 else 9

    @property
    def start_second(self) -> int:
        """Seconds from 1970-01-01 to the start of the period."""
        return (self.start - dt.date(1970, 1, 1)).days * DAY_SECONDS

    @property
    def end(self) -> dt.date:
        """Day after the last day of the period (exclusive bound)."""
        return self.start + dt.timedelta(days=self.days)

    @property
    def end_second(self) -> int:
        """Seconds from 1970-01-01 to the exclusive end of the period."""
        return self.start_second + self.days * DAY_SECONDS

    def rng(self, stream: str, block: int = 0) -> np.random.Generator:
        """Independent generator of one stream and block, whatever ran before."""
        sequence = np.random.SeedSequence(
            entropy=self.seed, spawn_key=(STREAMS[stream], block)
        )
        return np.random.Generator(np.random.SFC64(sequence))


def archetype_name(*, is_frequent: bool, is_high_spend: bool) -> str:
    """Name of the archetype of a rate class and a spend class."""
    return ARCHETYPES[2 * int(is_frequent) + int(is_high_spend)]
