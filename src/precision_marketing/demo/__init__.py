"""A demo shop with planted truth, for tests, tutorials and benchmarks.

Every input of the project, drawn from processes whose parameters are known and written
next to the data, so that each model can be held against what it should have found.
There is no clock: equal arguments give equal bytes (under one numpy version).

What is planted, and why it can be true all at once
---------------------------------------------------
Purchases
    BG/NBD with one global parameter set, in days (Fader, Hardie and Lee 2005,
    "Counting Your Customers" the Easy Way, Marketing Science 24(2)): lambda ~
    Gamma(r, alpha), p ~ Beta(a, b). Seasons and weekdays move first purchases only.
Spend
    A class (low, high) and a Gamma factor per customer, both independent of lambda
    and p: what Gamma-Gamma asks for. The class shows in the price tier of the items
    (25 or 75 % premium) and, with the factor, in the units per line.
Archetypes
    (lambda below or above a known cut) x (spend class). A cut through one Gamma
    leaves the global BG/NBD intact; the price is that the rate classes have no gap
    and one-time buyers hide theirs. With the defaults, 4-means on the logs of order
    count and mean order value agrees with the archetypes at an adjusted Rand index
    of 0.60 (0.51 with recency added, 0.46 with total in place of mean value); the
    spend classes alone are found at 0.89.
Baskets
    Independent draws, Zipf-Mandelbrot popularity, plus planted pairs A -> B: whoever
    draws A gets B with a known probability. The mixtures (tier by spend class, a
    favourite category) are mild on purpose: by the formulas, no unplanted pair of
    the default catalogue has a lift above 1.5, the planted ones have 8 to 25. A
    small personal repertoire gives "buy again" something to find; it is drawn by
    popularity and lifts no pair on average.
Experiment, contacts, journeys
    Effects and response rates by archetype; journeys from a first-order Markov chain
    whose conversions are real orders. The experiment's outcomes are its own
    measurement: order lines carry no treatment effect.
Dirt
    Rejected rows are extra rows, so the clean lines keep the planted processes.
    `dirt` says which kinds there are; each row has at most one.

Use
---
``python -m precision_marketing.demo --out seeds/demo`` or `make_shop` for the frames,
`write_order_lines` for Parquet of any size. The unit of randomness is a block of
customers, so files of any size are made in bounded memory and any order of blocks.
In large files the rows of a block stand together, sorted by time within it.
"""

from precision_marketing.demo.bulk import customers_for_lines, write_order_lines
from precision_marketing.demo.config import DemoConfig
from precision_marketing.demo.shop import INPUTS, Shop, make_shop
from precision_marketing.demo.write import write_shop

__all__ = [
    "INPUTS",
    "DemoConfig",
    "Shop",
    "customers_for_lines",
    "make_shop",
    "write_order_lines",
    "write_shop",
]
