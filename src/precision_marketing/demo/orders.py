"""Orders and clean order lines of one block of customers."""

from __future__ import annotations

import dataclasses

import numpy as np

from precision_marketing.demo import config as c
from precision_marketing.demo.catalog import Catalog
from precision_marketing.demo.people import People, draw_items

OPENING_SECOND = 7 * 3_600
OPENING_SECONDS = 15 * 3_600
GOLDEN = 0.6180339887498949  # spreads one uniform over the items of a basket


@dataclasses.dataclass(frozen=True)
class Orders:
    """Orders of one block in time order.

    Attributes
    ----------
    number : numpy.ndarray of int64
        Order number, unique over all blocks.
    person : numpy.ndarray of int64
        Index into the block's `People`.
    second : numpy.ndarray of int64
        Order time in seconds since 1970-01-01.
    channel : numpy.ndarray of int
        Code in `config.CHANNELS`.
    promotion : numpy.ndarray of int64
        Discount in percent.
    is_alive : numpy.ndarray of bool, one entry per customer
        Whether the customer is still alive at the end of the period.
    """

    number: np.ndarray
    person: np.ndarray
    second: np.ndarray
    channel: np.ndarray
    promotion: np.ndarray
    is_alive: np.ndarray


def draw_orders(config: c.DemoConfig, people: People, block: int) -> Orders:
    """Draw the orders of a block by the BG/NBD process.

    After the first order, orders come as a Poisson process with the customer's rate;
    after each of them the customer leaves with chance p (Fader, Hardie and Lee 2005:
    no one leaves at the first order). Given their number, Poisson arrivals are sorted
    uniforms. The date is that of the continuous time; the hour is drawn apart, from
    opening hours. A customer has at most one order a day (1.4 % of the repeat orders
    are dropped for it), so orders and days with orders are the same count.
    """
    rng = config.rng("orders", block)
    n = people.count
    first = people.first[:n]
    span = config.days - first
    arrivals = rng.poisson(people.purchase_rate[:n] * span)
    owner = np.repeat(np.arange(n), arrivals)
    # Sorting owner + uniform sorts by owner, then by time, in one plain sort.
    key = np.sort(owner + rng.random(len(owner)))
    owner = np.minimum(key.astype(np.int64), n - 1)
    day = np.floor(first[owner] + span[owner] * (key - owner)).astype(np.int64)
    day = np.minimum(day, config.days - 1)
    start = np.cumsum(arrivals) - arrivals
    rank = np.arange(len(owner)) - start[owner]
    first_day = np.floor(first).astype(np.int64)
    previous = np.where(rank == 0, first_day[owner], np.roll(day, 1))
    keep = (rank < people.death[owner]) & (day > previous)
    is_alive = arrivals < people.death[:n]

    orders_known = n + int(keep.sum())
    guests = round(orders_known * c.GUEST_SHARE / (1 - c.GUEST_SHARE))
    guests = min(guests, len(people.number) - n)
    guest = np.arange(n, n + guests)
    person = np.concatenate((np.arange(n), owner[keep], guest))
    days = np.concatenate(
        (first_day, day[keep], np.floor(people.first[guest]).astype(np.int64))
    )
    count = len(person)
    # The mean of two uniforms: most orders around the middle of the day.
    hour = (rng.random(count) + rng.random(count)) / 2
    second = (
        config.start_second
        + days * c.DAY_SECONDS
        + OPENING_SECOND
        + (hour * OPENING_SECONDS).astype(np.int64)
    )
    uniform = rng.random(count)
    share = c.FAVOURITE_CHANNEL_SHARE
    other = ((uniform - share) / (1 - share) * len(c.CHANNELS)).astype(np.int64)
    channel = np.where(uniform < share, people.favourite_channel[person], other)
    promotion = np.array([round(100 * x) for x in c.PROMOTION_RATES])[
        np.searchsorted(np.cumsum(c.PROMOTION_SHARES)[:-1], rng.random(count))
    ]
    order = np.argsort(second, kind="stable")
    return Orders(
        number=block * c.ORDER_NUMBERS_PER_BLOCK + np.arange(1, count + 1),
        person=person[order],
        second=second[order],
        channel=channel[order],
        promotion=promotion[order],
        is_alive=is_alive,
    )


def draw_lines(
    config: c.DemoConfig, catalog: Catalog, people: People, orders: Orders, block: int
) -> dict[str, np.ndarray]:
    """Draw the clean lines of a block, one per order and item.

    Base items are independent draws; an order that holds the first item of a planted
    pair gets the second one with the pair's add probability, unless it has it.

    Returns
    -------
    dict of numpy.ndarray
        order (index), item, quantity, price_cents, discount_cents; sorted by order
        and item.
    """
    rng = config.rng("lines", block)
    n_orders = len(orders.number)
    sizes = 1 + rng.binomial(c.LINE_TRIALS, c.LINE_PROBABILITY, n_orders)
    order = np.repeat(np.arange(n_orders), sizes)
    person = orders.person[order]
    item = draw_items(
        rng,
        catalog,
        spend=people.spend[person],
        favourite=people.favourite_category[person],
        repertoire=people.repertoire,
        person=person,
    )
    # One uniform an order, rotated by the item: a second draw of the same item asks
    # the same question again and cannot raise the chance.
    uniform = rng.random(n_orders)
    first = np.flatnonzero(catalog.partner[item] >= 0)
    turned = (uniform[order[first]] + GOLDEN * item[first]) % 1.0
    added = first[turned < catalog.add_probability[item[first]]]
    key = np.concatenate(
        (
            order * catalog.size + item,
            order[added] * catalog.size + catalog.partner[item[added]],
        )
    )
    key.sort()
    key = key[np.concatenate(([True], key[1:] != key[:-1]))]
    order = key // catalog.size
    item = key - order * catalog.size
    person = orders.person[order]
    extra = np.array(c.EXTRA_UNITS)[people.spend] * people.spend_factor
    quantity = 1 + rng.poisson(extra[person])
    price = catalog.price_cents[item]
    gross = quantity * price
    discount = (gross * orders.promotion[order] + 50) // 100
    return {
        "order": order,
        "item": item,
        "quantity": quantity,
        "price_cents": price,
        "discount_cents": discount,
    }
