"""Who buys: BG/NBD parameters, spend class and preferences, block by block."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np

from precision_marketing.demo import config as c
from precision_marketing.demo.catalog import Catalog, basket_probabilities


@dataclasses.dataclass(frozen=True)
class People:
    """Customers of one block as arrays; guests (one order, no id) come after them.

    Attributes
    ----------
    count : int
        Customers; the arrays are longer by the number of guests.
    number : numpy.ndarray of int64
        Customer number (1, 2, ...), 0 for guests.
    purchase_rate : numpy.ndarray of float
        BG/NBD lambda, orders a day while alive.
    dropout : numpy.ndarray of float
        BG/NBD p, chance to leave after each repeat order.
    death : numpy.ndarray of int64
        Number of the repeat order after which the customer leaves.
    first : numpy.ndarray of float
        First order, in days after the start of the period.
    spend, favourite_category, favourite_channel, country : numpy.ndarray of int
        Codes.
    spend_factor : numpy.ndarray of float
        Personal factor of the extra units of a line, mean 1.
    repertoire : numpy.ndarray of int32, shape (people, REPERTOIRE_SIZE)
        Items the person comes back to.
    """

    count: int
    number: np.ndarray
    purchase_rate: np.ndarray
    dropout: np.ndarray
    death: np.ndarray
    first: np.ndarray
    spend: np.ndarray
    spend_factor: np.ndarray
    favourite_category: np.ndarray
    favourite_channel: np.ndarray
    country: np.ndarray
    repertoire: np.ndarray


def day_weights(config: c.DemoConfig) -> np.ndarray:
    """Chance of a first order on each day: month, weekday, and a steady decline."""
    days = [config.start + dt.timedelta(days=d) for d in range(config.days)]
    weights = np.array(
        [c.MONTH_WEIGHTS[d.month - 1] * c.WEEKDAY_WEIGHTS[d.weekday()] for d in days]
    )
    weights = weights * np.linspace(1, 1 - c.ARRIVAL_DECLINE, config.days)
    return weights / weights.sum()


def draw_items(
    rng: np.random.Generator,
    catalog: Catalog,
    *,
    spend: np.ndarray,
    favourite: np.ndarray,
    repertoire: np.ndarray | None = None,
    person: np.ndarray | None = None,
) -> np.ndarray:
    """Draw one item a row: tier by class, then general, favourite or repertoire.

    64 random bits a row: 16 choose the tier, 16 the source (and, in their low bits,
    the repertoire slot), 32 the item.

    Parameters
    ----------
    spend, favourite : numpy.ndarray of int
        Spend class and favourite category of each row's person.
    repertoire, person : numpy.ndarray, optional
        Repertoires and the row's person; without them no draw is a repeat.

    Returns
    -------
    numpy.ndarray of int32
    """
    bits = rng.integers(0, 1 << 64, size=len(spend), dtype=np.uint64)
    tier_bits = (bits >> np.uint64(48)).astype(np.uint16)
    source = ((bits >> np.uint64(32)) & np.uint64(0xFFFF)).astype(np.uint16)
    item_bits = bits.astype(np.uint32)
    limits = np.round(np.array(c.PREMIUM_SHARE) * 65_536).astype(np.uint32)
    tables = len(catalog.categories) + 1
    table = (tier_bits < limits[spend]).astype(np.int64) * tables
    # The repertoire owns the low end of `source`, the favourite category the next
    # part; shares of the favourite are of the draws that are no repeats.
    repeat_limit = 0
    if repertoire is not None:
        repeat_limit = round(c.REPERTOIRE_SHARE * 65_536)
    favourite_limit = repeat_limit + round(
        c.FAVOURITE_CATEGORY_SHARE * (65_536 - repeat_limit)
    )
    is_favourite = (source >= repeat_limit) & (source < favourite_limit)
    table += np.where(is_favourite, favourite + 1, 0)
    index = catalog.draw_offset[table] + (item_bits >> catalog.draw_shift[table])
    item = catalog.draw_items[index]
    if repertoire is not None:
        repeat = np.flatnonzero(source < repeat_limit)
        slot = source[repeat] & np.uint16(c.REPERTOIRE_SIZE - 1)
        item[repeat] = repertoire[person[repeat], slot]
    return item


def draw_people(config: c.DemoConfig, catalog: Catalog, block: int) -> People:
    """Draw the customers of a block, and the pool its guests are taken from.

    lambda ~ Gamma(r, rate alpha), p ~ Beta(a, b), independent (Fader, Hardie and Lee
    2005, "Counting your customers" the easy way, assumptions iii to v). The pool of
    guests is generous; `orders.draw_orders` uses as many as the guest share asks for.
    """
    rng = config.rng("people", block)
    count = config.block_size(block)
    # 4.5 orders a customer at 3 % guests ask for 0.14 guests a customer.
    total = count + 2 + count // 2
    planted = c.BG_NBD
    rate = rng.gamma(planted["r"], 1 / planted["alpha"], total)
    dropout = rng.beta(planted["a"], planted["b"], total)
    # Far above any order count; keeps the geometric draw inside int64.
    death = rng.geometric(np.maximum(dropout, 1e-9))
    cumulative = np.cumsum(day_weights(config))
    day = np.searchsorted(cumulative, rng.random(total) * cumulative[-1], side="right")
    first = np.minimum(day, config.days - 1) + rng.random(total)
    spend = (rng.random(total) < c.SHARE_HIGH_SPEND).astype(np.int64)
    factor = rng.gamma(c.SPEND_FACTOR_SHAPE, 1 / c.SPEND_FACTOR_SHAPE, total)
    favourite = rng.integers(0, len(catalog.categories), total)
    channel = rng.choice(len(c.CHANNELS), size=total, p=(0.5, 0.3, 0.2))
    country = rng.choice(len(c.COUNTRY_SHARES), size=total, p=c.COUNTRY_SHARES)
    size = c.REPERTOIRE_SIZE
    repertoire = draw_items(
        rng,
        catalog,
        spend=np.repeat(spend, size),
        favourite=np.repeat(favourite, size),
    ).reshape(total, size)
    number = np.zeros(total, dtype=np.int64)
    number[:count] = block * c.BLOCK_CUSTOMERS + np.arange(1, count + 1)
    return People(
        count=count,
        number=number,
        purchase_rate=rate,
        dropout=dropout,
        death=death,
        first=first,
        spend=spend,
        spend_factor=factor,
        favourite_category=favourite,
        favourite_channel=channel,
        country=country,
        repertoire=repertoire,
    )


def expected_order_values(catalog: Catalog, people: People) -> np.ndarray:
    """Expected value of one order of each person, after discounts, in money.

    Units and items are independent within a line, so the value is (1 + extra units *
    factor) * sum over items of P(in basket) * price * (1 - mean discount rate).
    """
    price = catalog.price_cents / 100
    per_basket = basket_probabilities(catalog) @ price
    discount = np.dot(c.PROMOTION_RATES, c.PROMOTION_SHARES)
    units = 1 + np.array(c.EXTRA_UNITS)[people.spend] * people.spend_factor
    return units * per_basket[people.spend, people.favourite_category] * (1 - discount)
