"""Items, their popularity and the planted item pairs."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd

from precision_marketing.demo import config as c
from precision_marketing.demo.text import words

TIERS = ("budget", "premium")
# Money. Three to one: with the units, high spenders' orders are worth some eight times
# as much, yet one premium item does not make a basket look like theirs.
TIER_MEDIAN_PRICE = (8.0, 24.0)
TIER_PRICE_SIGMA = 0.3  # of log price
ADD_PROBABILITIES = (0.5, 0.4, 0.3)  # cycled over the planted pairs
EMBEDDING_SIZE = 6
INACTIVE_SHARE = 0.04


@dataclasses.dataclass(frozen=True)
class Catalog:
    """Items as arrays, indexed by item number 0 .. n - 1.

    Attributes
    ----------
    table : pandas.DataFrame
        The `items` input, one row per item.
    item_ids, names, categories : numpy.ndarray of str
        Public texts; `categories` has one entry per category.
    category, tier : numpy.ndarray of int
        Category number and price tier (0 budget, 1 premium) of each item.
    price_cents, cost_cents : numpy.ndarray of int64
        List price and unit cost in hundredths.
    popularity : numpy.ndarray of float, shape (2 * (1 + categories), n)
        Draw probabilities of each draw table: per tier the general table, then one
        table per category.
    draw_offset, draw_shift, draw_items : numpy.ndarray
        The same tables as lookups: `draw_items[offset + (u32 >> shift)]`.
    partner : numpy.ndarray of int
        For the first item of a planted pair the second one, else -1.
    add_probability : numpy.ndarray of float
        P(second item is added | first item drawn); 0 elsewhere.
    """

    table: pd.DataFrame
    item_ids: np.ndarray
    names: np.ndarray
    categories: np.ndarray
    category: np.ndarray
    tier: np.ndarray
    price_cents: np.ndarray
    cost_cents: np.ndarray
    popularity: np.ndarray
    draw_offset: np.ndarray
    draw_shift: np.ndarray
    draw_items: np.ndarray
    partner: np.ndarray
    add_probability: np.ndarray

    @property
    def size(self) -> int:
        """Number of items."""
        return len(self.item_ids)


def _lookup(weights: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Integer lookup of 2**bits entries and the exact probabilities it realises."""
    size = 1 << bits
    support = np.flatnonzero(weights)
    share = weights[support] / weights[support].sum() * size
    counts = np.maximum(np.floor(share).astype(np.int64), 1)
    # Largest remainders get what is left; ties go to the lower item number.
    left = size - counts.sum()
    order = np.lexsort((support, counts - share))
    counts[order[:left]] += 1
    probabilities = np.zeros(len(weights))
    probabilities[support] = counts / size
    return np.repeat(support, counts).astype(np.int32), probabilities


def build_catalog(config: c.DemoConfig) -> Catalog:
    """Build the catalogue of a shop.

    Popularity is Zipf-Mandelbrot over a random ranking, the same within each price
    tier; categories and tiers have equal item counts (up to one).

    Parameters
    ----------
    config : DemoConfig
        `item_count`, `seed` and `language` decide the result.

    Returns
    -------
    Catalog
    """
    rng = config.rng("catalog")
    text = words(config.language)
    n = config.item_count
    categories = np.array(list(text.CATEGORIES), dtype=object)
    n_categories = len(categories)

    number = np.arange(n)
    category = number % n_categories
    tier = number // n_categories % 2
    within = number // (2 * n_categories)  # number inside category and tier
    rank = rng.permutation(n)
    weight = 1.0 / (rank + 1 + c.ZIPF_SHIFT) ** c.ZIPF_EXPONENT

    median = np.array(TIER_MEDIAN_PRICE)[tier]
    log_price = np.log(median) + TIER_PRICE_SIGMA * rng.standard_normal(n)
    price_cents = np.maximum(np.round(np.exp(log_price) * 20) * 5, 50).astype(np.int64)
    cost_share = rng.uniform(0.45, 0.65, n)
    cost_cents = np.round(price_cents * cost_share).astype(np.int64)

    names = _names(text, categories, category, tier, within)
    width = max(4, len(str(n)))
    item_ids = np.array([f"SKU-{i + 1:0{width}d}" for i in number], dtype=object)

    popularity, offset, shift, draw_items = _draw_tables(
        weight, category, tier, n_categories
    )
    partner, add_probability = _plant_pairs(rng, rank, category)

    centres = rng.normal(size=(n_categories, EMBEDDING_SIZE))
    vectors = centres[category] + 0.3 * rng.normal(size=(n, EMBEDDING_SIZE))
    brand = np.array(text.BRANDS, dtype=object)[rng.integers(0, len(text.BRANDS), n)]
    table = pd.DataFrame(
        {
            "item_id": item_ids,
            "item_name": names,
            "category": categories[category],
            "brand": brand,
            "list_price": price_cents / 100,
            "unit_cost": cost_cents / 100,
            "description": [
                text.DESCRIPTION.format(
                    name=names[i],
                    category=categories[category[i]],
                    tier=text.TIER_TEXTS[tier[i]],
                )
                for i in number
            ],
            "is_active": rng.random(n) >= INACTIVE_SHARE,
            "embedding": [json.dumps([round(float(x), 3) for x in v]) for v in vectors],
        }
    )
    return Catalog(
        table=table,
        item_ids=item_ids,
        names=names,
        categories=categories,
        category=category,
        tier=tier,
        price_cents=price_cents,
        cost_cents=cost_cents,
        popularity=popularity,
        draw_offset=offset,
        draw_shift=shift,
        draw_items=draw_items,
        partner=partner,
        add_probability=add_probability,
    )


def _names(text, categories, category, tier, within) -> np.ndarray:
    """Distinct item names: style and noun, numbered once all pairs are used."""
    styles = (text.BUDGET_STYLES, text.PREMIUM_STYLES)
    result = []
    for cat, level, w in zip(category, tier, within, strict=True):
        nouns = text.CATEGORIES[categories[cat]]
        noun = nouns[w % len(nouns)]
        lap = w // len(nouns)
        # The style moves with the noun, so neighbours do not share one.
        style = styles[level][(w + lap) % len(styles[level])]
        number = lap // len(styles[level])
        pattern = text.NAME if number == 0 else text.NAME_NUMBERED
        result.append(pattern.format(style=style, noun=noun, number=number + 1))
    return np.array(result, dtype=object)


def _draw_tables(weight, category, tier, n_categories):
    """Lookup tables: for each tier the whole tier, then each of its categories."""
    popularity, lookups, shifts = [], [], []
    for level in range(2):
        in_tier = np.where(tier == level, weight, 0.0)
        for cat in range(-1, n_categories):
            w = in_tier if cat < 0 else np.where(category == cat, in_tier, 0.0)
            # 64 entries an item keep rounding small; 32 random bits are the limit.
            bits = min(int(np.ceil(np.log2(np.count_nonzero(w) * 64))), 24)
            items, probabilities = _lookup(w, bits)
            popularity.append(probabilities)
            lookups.append(items)
            shifts.append(32 - bits)
    offset = np.concatenate(([0], np.cumsum([len(x) for x in lookups])[:-1]))
    return (
        np.array(popularity),
        offset.astype(np.int64),
        np.array(shifts, dtype=np.uint32),
        np.concatenate(lookups),
    )


def _plant_pairs(rng, rank, category) -> tuple[np.ndarray, np.ndarray]:
    """Disjoint pairs of different categories from the popular half of the ranking.

    The first item ranks in the top fifth (often enough bought to be measured), the
    second in the next two fifths (rare enough for a high lift).
    """
    n = len(rank)
    pairs = max(c.MIN_PAIRS, n // 100)
    by_rank = np.argsort(rank)
    firsts = rng.permutation(by_rank[: n // 5])[:pairs]
    seconds = list(rng.permutation(by_rank[n // 5 : 3 * n // 5]))
    partner = np.full(n, -1)
    probability = np.zeros(n)
    for k, first in enumerate(firsts):
        second = next(s for s in seconds if category[s] != category[first])
        seconds.remove(second)
        partner[first] = second
        probability[first] = ADD_PROBABILITIES[k % len(ADD_PROBABILITIES)]
    return partner, probability


def draw_probabilities(catalog: Catalog) -> np.ndarray:
    """Probability of each item in one base draw, by spend class and favourite.

    Returns
    -------
    numpy.ndarray of float, shape (2, categories, items)
        Averaged over repertoires, which are drawn by the same probabilities.
    """
    n_categories = len(catalog.categories)
    result = np.zeros((2, n_categories, catalog.size))
    for spend in range(2):
        for level, share in enumerate(
            (1 - c.PREMIUM_SHARE[spend], c.PREMIUM_SHARE[spend])
        ):
            base = level * (1 + n_categories)
            general = catalog.popularity[base]
            for cat in range(n_categories):
                favourite = catalog.popularity[base + 1 + cat]
                mixed = (
                    1 - c.FAVOURITE_CATEGORY_SHARE
                ) * general + c.FAVOURITE_CATEGORY_SHARE * favourite
                result[spend, cat] += share * mixed
    return result


def _absent(probability: np.ndarray) -> np.ndarray:
    """P(no draw of a basket hits a set with this probability per draw)."""
    miss = 1 - probability
    h = c.LINE_PROBABILITY
    return miss * (1 - h + h * miss) ** c.LINE_TRIALS


def basket_probabilities(catalog: Catalog) -> np.ndarray:
    """P(item in basket) by spend class and favourite, planted additions included.

    Returns
    -------
    numpy.ndarray of float, shape (2, categories, items)
    """
    pi = draw_probabilities(catalog)
    inside = 1 - _absent(pi)
    first = np.flatnonzero(catalog.partner >= 0)
    second = catalog.partner[first]
    p_first, p_second = pi[..., first], pi[..., second]
    both = inside[..., first] + inside[..., second] - 1 + _absent(p_first + p_second)
    add = catalog.add_probability[first]
    result = inside.copy()
    result[..., second] += add * (inside[..., first] - both)
    return result


def planted_pairs(catalog: Catalog) -> pd.DataFrame:
    """Planted pairs with the lift that the process implies.

    P(A) and P(B) are basket probabilities, P(AB) = base + q * (P(A) - base) with
    q the add probability; all are averaged over spend class and favourite category,
    lift = P(AB) / (P(A) * P(B)). The repertoire is averaged out (first order).

    Returns
    -------
    pandas.DataFrame
        One row per pair: item_a, item_b, add_probability, expected supports and lift.
    """
    n_categories = len(catalog.categories)
    weights = np.array([1 - c.SHARE_HIGH_SPEND, c.SHARE_HIGH_SPEND]) / n_categories
    pi = draw_probabilities(catalog)
    inside = 1 - _absent(pi)
    final = basket_probabilities(catalog)
    first = np.flatnonzero(catalog.partner >= 0)
    second = catalog.partner[first]
    both = (
        inside[..., first]
        + inside[..., second]
        - 1
        + _absent(pi[..., first] + pi[..., second])
    )
    both = both + catalog.add_probability[first] * (inside[..., first] - both)

    def mean(p: np.ndarray) -> np.ndarray:
        return np.einsum("scn,s->n", p, weights)

    support_a, support_b = mean(final[..., first]), mean(final[..., second])
    support = mean(both)
    return pd.DataFrame(
        {
            "item_a": catalog.item_ids[first],
            "item_b": catalog.item_ids[second],
            "add_probability": catalog.add_probability[first],
            "expected_support_a": support_a,
            "expected_support_b": support_b,
            "expected_support": support,
            "expected_lift": support / (support_a * support_b),
        }
    )
