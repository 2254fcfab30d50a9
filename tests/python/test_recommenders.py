"""Recommenders: tiny cases by hand, implicit as oracle, and awkward shops."""

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from implicit.nearest_neighbours import (
    BM25Recommender,
    CosineRecommender,
    TFIDFRecommender,
)
from scipy import sparse

from precision_marketing.recommenders import blend as blend_module
from precision_marketing.recommenders import methods as methods_module
from precision_marketing.recommenders.blend import (
    WEIGHT_SCHEMA,
    Blend,
    Ranking,
    _verdict,
    blends,
    fit_blend,
)
from precision_marketing.recommenders.content import (
    content_vectors,
    embedding_vectors,
    words,
)
from precision_marketing.recommenders.knowledge import ITEM_COLUMNS, Knowledge, know
from precision_marketing.recommenders.lists import (
    candidates,
    evaluated_lists,
    explained_scores,
)
from precision_marketing.recommenders.methods import (
    BUY_AGAIN,
    DISCOVER,
    Pairs,
    Recommenders,
)
from precision_marketing.recommenders.neighbours import (
    item_neighbours,
    neighbour_table,
    neighbours_from_table,
)
from precision_marketing.recommenders.similarities import (
    bm25_weights,
    neighbours_of_vectors,
    tfidf_weights,
    unit_rows,
)
from precision_marketing.recommenders.sparse import (
    TIE_MARGIN,
    largest_of_product,
    largest_of_rows,
    rank_within,
)
from precision_marketing.recommenders.users import capped_buyers, user_neighbours

TODAY = date(2024, 7, 1)
ITEM_DEFAULTS = dict.fromkeys(ITEM_COLUMNS) | {"is_recommendable": True}
NO_BASKETS = pa.table(
    {
        "order_number": pa.array([], pa.int64()),
        "item_id": pa.array([], pa.string()),
        "ordered_at": pa.array([], pa.timestamp("us")),
    }
)
NO_TARGETS = pa.table(
    {name: pa.array([], pa.string()) for name in ("list", "customer_id", "item_id")}
)
NO_POPULAR_ITEMS = pa.table(
    {
        "item_id": pa.array([], pa.string()),
        "popularity_rank": pa.array([], pa.int64()),
        "buyer_count": pa.array([], pa.int64()),
    }
)
ITEM_SCHEMA = pa.schema(
    [
        (name, pa.string())
        for name in ("item_id", "item_name", "category", "brand", "description")
    ]
    + [
        ("embedding", pa.string()),
        ("unit_price", pa.float64()),
        ("customer_count", pa.int64()),
        ("customer_count_30d", pa.int64()),
        ("new_customer_count_30d", pa.int64()),
        ("is_recommendable", pa.bool_()),
    ]
)
PURCHASE_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("item_id", pa.string()),
        ("order_count", pa.int64()),
        ("first_ordered_at", pa.timestamp("us")),
        ("last_ordered_at", pa.timestamp("us")),
    ]
)


def before(days):
    return datetime(TODAY.year, TODAY.month, TODAY.day) - timedelta(days=days)


def shop(
    purchases,
    *,
    items=None,
    countries=None,
    segments=None,
    calendar=(TODAY,),
    order=None,
):
    """What a shop knew, from (customer, item, orders, first and last days ago)."""
    rows = [
        {
            "customer_id": customer,
            "item_id": item,
            "order_count": orders,
            "first_ordered_at": before(first),
            "last_ordered_at": before(last),
        }
        for customer, item, orders, first, last in purchases
    ]
    people = sorted({row["customer_id"] for row in rows})
    things = {row["item_id"] for row in rows} | set(items or {})
    described = []
    for thing in sorted(things):
        its = [row for row in rows if row["item_id"] == thing]
        counts = {
            "item_id": thing,
            "customer_count": len(its),
            "customer_count_30d": sum(r["last_ordered_at"] >= before(30) for r in its),
            "new_customer_count_30d": sum(
                r["first_ordered_at"] >= before(30) for r in its
            ),
        }
        described.append(ITEM_DEFAULTS | counts | (items or {}).get(thing, {}))
    tables = [
        pa.table(
            {
                "customer_id": pa.array(people, pa.string()),
                "country": pa.array(
                    [(countries or {}).get(p) for p in people], pa.string()
                ),
                "rfm_segment": pa.array(
                    [(segments or {}).get(p) for p in people], pa.string()
                ),
            }
        ),
        pa.Table.from_pylist(described, schema=ITEM_SCHEMA),
        pa.Table.from_pylist(rows, schema=PURCHASE_SCHEMA),
    ]
    if order is not None:
        tables = [
            table.take(pa.array(order.permutation(table.num_rows))) for table in tables
        ]
    return know(
        calendar=pa.table({"as_of_date": pa.array(list(calendar), pa.date32())}),
        customers=tables[0],
        items=tables[1],
        purchases=tables[2],
    )


def once(*pairs):
    """Purchases of one order each, a hundred days ago."""
    return [(customer, item, 1, 100, 100) for customer, item in pairs]


def item_ids(knowledge):
    return knowledge.items["item_id"].to_pylist()


def similarity(knowledge, matrix, item, other):
    ids = item_ids(knowledge)
    return matrix[ids.index(item), ids.index(other)]


def random_purchases(customers=120, items=60, seed=5):
    """Purchases with tastes: a customer buys mostly from one of four shelves."""
    rng = np.random.default_rng(seed)
    found = []
    for customer in range(customers):
        shelf = customer % 4
        chance = np.where(np.arange(items) % 4 == shelf, 0.35, 0.04)
        for item in np.flatnonzero(rng.random(items) < chance):
            orders = int(rng.integers(1, 5))
            last = int(rng.integers(1, 200))
            first = last + (int(rng.integers(10, 100)) if orders > 1 else 0)
            found.append((f"c{customer:03d}", f"i{item:02d}", orders, first, last))
    return found


@pytest.fixture(scope="module")
def busy_shop():
    return shop(random_purchases())


@pytest.fixture(scope="module")
def busy_targets():
    """Later purchases: each customer finds and repeats items of the same shelf."""
    rng = np.random.default_rng(9)
    had = {(c, i) for c, i, *_ in random_purchases()}
    rows = []
    for customer in range(120):
        for item in np.flatnonzero(rng.random(60) < 0.25):
            if item % 4 == customer % 4:
                key = (f"c{customer:03d}", f"i{item:02d}")
                rows.append((BUY_AGAIN if key in had else DISCOVER, *key))
    return pa.table(
        dict(
            zip(
                ("list", "customer_id", "item_id"),
                map(list, zip(*rows, strict=True)),
                strict=True,
            )
        )
    )


@pytest.fixture(scope="module")
def busy(busy_shop):
    return Recommenders(busy_shop, item_neighbours(busy_shop, NO_BASKETS))


@pytest.fixture(scope="module")
def busy_weights(busy, busy_targets):
    # A blend also where one method would do.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blend_module, "_verdict", lambda *_: "ok")
        return fit_blend(busy, busy_targets, max_customers=120, min_customers=20)


# -- The two sparse products -----------------------------------------------------------


def test_of_equal_entries_the_lower_column_is_kept():
    matrix = sparse.csr_matrix([[0, 2.0, 5.0, 2.0, 2.0], [1.0, 0, 0, 0, 0]])
    top = largest_of_rows(matrix, 2)
    assert top.indices.tolist() == [2, 1, 0]
    assert top.data.tolist() == [5, 2, 1]
    assert top.indptr.tolist() == [0, 2, 3]


@pytest.mark.parametrize("density", [0.05, 0.5])
def test_the_largest_of_a_product_are_those_of_the_full_product(density):
    left = sparse.random(80, 40, density, format="csr", random_state=1)
    right = sparse.random(40, 90, density, format="csr", random_state=2)
    full = left.toarray() @ right.toarray()
    top = largest_of_product(left, right, 7)
    for row, values in enumerate(full):
        order = np.lexsort((np.arange(90), -values))[:7]
        order = order[values[order] > 0]
        found = slice(top.indptr[row], top.indptr[row + 1])
        assert top.indices[found].tolist() == order.tolist()
        np.testing.assert_allclose(top.data[found], values[order], rtol=1e-12)


def test_a_tie_longer_than_the_margin_is_still_cut_by_column():
    # All columns are equal, so the first n must stay, whatever the product kept.
    left = sparse.csr_matrix(np.ones((3, 4)))
    right = sparse.csr_matrix(np.ones((4, 20 * TIE_MARGIN)))
    top = largest_of_product(left, right, 5)
    assert top.indices.reshape(3, 5).tolist() == [[0, 1, 2, 3, 4]] * 3


# -- Knowledge -------------------------------------------------------------------------


def test_items_stand_by_popularity_then_id():
    known = shop(once(("a", "X"), ("b", "X"), ("a", "Z"), ("b", "Y")))
    assert item_ids(known) == ["X", "Y", "Z"]
    assert known.order_counts.toarray().tolist() == [[1, 0, 1], [1, 1, 0]]


def test_days_are_counted_to_the_day():
    known = shop([("a", "X", 3, 50, 20)])
    assert known.age_days.tolist() == [20]
    assert known.span_days.tolist() == [30]


def test_fractions_of_a_second_are_cut_as_in_sql():
    # From 12:00:00.2 on the day before to 12:00:00.9, half a day before midnight.
    known = shop([("a", "X", 2, 1.5 - 0.2 / 86_400, 0.5 - 0.9 / 86_400)])
    assert known.age_days.tolist() == [0.5]
    assert known.span_days.tolist() == [1]


def test_a_purchase_on_the_day_is_an_error_for_it_is_not_known_yet():
    with pytest.raises(ValueError, match=r"must lie before as_of_date.*1 later"):
        shop([("a", "X", 1, 0, 0)])


def test_two_folds_at_once_are_an_error():
    with pytest.raises(ValueError, match="expected one fold, got 2"):
        shop([], calendar=(TODAY, date(2024, 5, 1)))
    with pytest.raises(ValueError, match="must identify a row"):
        shop(once(("a", "X"), ("a", "X")))


# -- Similarities ----------------------------------------------------------------------


def test_similarities_are_those_computed_by_hand():
    # X is bought by a, b, c and d; Y by a, b and e; Z by e alone.
    known = shop(
        once(*[(c, "X") for c in "abcd"], *[(c, "Y") for c in "abe"], ("e", "Z"))
    )
    found = item_neighbours(known, NO_BASKETS)
    assert similarity(known, found["cosine"], "X", "Y") == pytest.approx(2 / 12**0.5)
    assert similarity(known, found["cosine"], "Y", "Z") == pytest.approx(1 / 3**0.5)
    assert similarity(known, found["jaccard"], "X", "Y") == pytest.approx(2 / 5)
    assert similarity(known, found["jaccard"], "Z", "Y") == pytest.approx(1 / 3)
    assert similarity(known, found["jaccard"], "X", "Z") == 0


def test_rules_rank_by_leverage_and_know_only_earlier_orders():
    known = shop(once(("a", "X"), ("a", "Y"), ("a", "Z")))
    # Orders 1 to 4 hold X Y, X Y, X, Z; the fifth is of today and so not known.
    baskets = pa.table(
        {
            "order_number": [1, 1, 2, 2, 3, 4, 5, 5],
            "item_id": ["X", "Y", "X", "Y", "X", "Z", "X", "Z"],
            "ordered_at": [before(9)] * 6 + [before(0)] * 2,
        }
    )
    rules = item_neighbours(known, baskets)["rules"]
    assert similarity(known, rules, "X", "Y") == pytest.approx(2 / 4 - 3 / 4 * 2 / 4)
    assert similarity(known, rules, "X", "Z") == 0
    assert rules.nnz == 2


@pytest.fixture(scope="module")
def interactions():
    rng = np.random.default_rng(3)
    counts = sparse.random(
        300, 90, 0.08, format="csr", random_state=4, data_rvs=lambda n: rng.random(n)
    )
    counts.data = np.ceil(counts.data * 4)
    return counts


@pytest.mark.parametrize(
    ("oracle", "weigh"),
    [
        (CosineRecommender(K=11, num_threads=1), unit_rows),
        (
            TFIDFRecommender(K=11, num_threads=1),
            lambda items: unit_rows(tfidf_weights(items)),
        ),
        (BM25Recommender(K=11, num_threads=1), bm25_weights),
        (
            BM25Recommender(K=11, K1=100, B=0.8, num_threads=1),
            lambda items: bm25_weights(items, k1=100, b=0.8),
        ),
    ],
    ids=["cosine", "tfidf", "bm25", "bm25 with other constants"],
)
def test_similarities_equal_those_of_implicit(interactions, oracle, weigh):
    oracle.fit(interactions, show_progress=False)
    ours = neighbours_of_vectors(weigh(interactions.T.tocsr()), 10)
    compared = 0
    for item in range(interactions.shape[1]):
        theirs = oracle.similarity[item].toarray().ravel()
        # implicit counts an item among its own neighbours, where it is near enough.
        theirs[item] = 0
        expected = np.sort(theirs[theirs > 0])[::-1][:10]
        found = ours[item].data
        np.testing.assert_allclose(found[: len(expected)], expected, rtol=1e-10)
        compared += len(expected)
    assert compared > 700


def by_cosine(interactions, *, neighbours, allowed=None):
    """Lists of ten of those customers by cosine alone, as the builds make them."""
    people, size = interactions.shape
    known = Knowledge(
        as_of_date=TODAY,
        customers=pa.table(
            {
                "customer_id": [f"c{person:03d}" for person in range(people)],
                "country": pa.nulls(people, pa.string()),
                "rfm_segment": pa.nulls(people, pa.string()),
            }
        ),
        items=pa.Table.from_pylist(
            [
                ITEM_DEFAULTS
                | {
                    "item_id": f"i{item:03d}",
                    "customer_count": 1,
                    "customer_count_30d": 1,
                    "new_customer_count_30d": 1,
                    "is_recommendable": allowed is None or bool(allowed[item]),
                }
                for item in range(size)
            ],
            schema=ITEM_SCHEMA,
        ),
        order_counts=interactions,
        age_days=np.ones(interactions.nnz),
        span_days=np.zeros(interactions.nnz),
    )
    similar = neighbours_of_vectors(unit_rows(interactions.T.tocsr()), neighbours)
    weights = pa.Table.from_pylist(
        [{"list": DISCOVER, "method": "cosine", "weight": 1.0, "scale": 1.0}],
        schema=WEIGHT_SCHEMA,
    )
    lists = candidates(Recommenders(known, {"cosine": similar}), weights, depth=10)
    table = lists.read_all()
    return sparse.csr_matrix(
        (
            np.expm1(table["score"].to_numpy()),
            (
                [int(name[1:]) for name in table["customer_id"].to_pylist()],
                [int(name[1:]) for name in table["item_id"].to_pylist()],
            ),
        ),
        shape=interactions.shape,
    )


def test_lists_by_cosine_equal_those_of_implicit(interactions):
    # Our lists ask which neighbours a candidate has, implicit's whose neighbour it is;
    # with all neighbours kept both are the same sum.
    oracle = CosineRecommender(K=90, num_threads=1)
    oracle.fit(interactions, show_progress=False)
    ours = by_cosine(interactions, neighbours=89)
    people = np.flatnonzero(np.diff(interactions.indptr) > 0)
    affinity = interactions[people]
    affinity.data = 1 + np.log(affinity.data)
    _, expected = oracle.recommend(people, affinity, N=10)
    found = np.array([np.sort(ours[person].data)[::-1] for person in people])
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_what_was_bought_or_may_not_be_shown_is_in_no_list(interactions):
    allowed = np.arange(90) % 3 > 0
    listed = by_cosine(interactions, neighbours=20, allowed=allowed)
    assert listed.nnz > 2_000
    assert listed.multiply(interactions).nnz == 0
    assert allowed[listed.indices].all()


# -- Content ---------------------------------------------------------------------------


def test_text_without_blanks_is_cut_into_pairs():
    assert words("Red MUG 2-pack") == ["red", "mug", "2", "pack"]
    assert words("红茶杯 500ml") == ["红茶", "茶杯", "500ml"]
    assert words("大号T恤") == ["大号", "t", "恤"]
    assert words("") == []


def test_items_are_alike_by_words_category_brand_and_price():
    items = {
        "A": {
            "item_name": "red mug",
            "category": "Mugs",
            "brand": "B",
            "unit_price": 4,
        },
        "B": {
            "item_name": "red mug",
            "category": "Mugs",
            "brand": "B",
            "unit_price": 4,
        },
        "C": {"item_name": "oak table", "category": "Mugs", "unit_price": 64},
        "D": {"item_name": "红茶杯"},
        "E": {"description": "绿茶杯"},
        "F": {},
    }
    known = shop([], items=items)
    vectors = content_vectors(known.items).toarray()
    alike = vectors @ vectors.T
    assert alike[0, 1] == pytest.approx(0.6 + 0.2 + 0.1 + 0.1)
    assert alike[0, 2] == pytest.approx(0.2)
    assert alike[3, 4] > 0.1
    assert alike[3, 0] == 0
    assert alike[5, 5] == 0


def test_prices_are_closer_the_smaller_their_ratio():
    prices = {"A": 10.0, "B": 11.0, "C": 14.0, "D": 21.0, "E": 0.0, "F": None}
    known = shop(
        [], items={k: {"unit_price": v, "category": "c"} for k, v in prices.items()}
    )
    vectors = content_vectors(known.items).toarray()
    to_first = vectors @ vectors[0] - 0.2
    assert to_first[0] == pytest.approx(0.1)
    assert to_first[0] > to_first[1] > to_first[2] > to_first[3]
    assert to_first[3:] == pytest.approx([0, 0, 0])


def test_the_same_price_makes_nothing_alike_by_itself():
    items = {
        "A": {"unit_price": 5.0, "category": "Mugs"},
        "B": {"unit_price": 5.0, "category": "Rugs"},
        "C": {"unit_price": 5.0},
        "D": {"unit_price": 5.0},
    }
    known = shop([], items=items)
    assert item_neighbours(known, NO_BASKETS)["content"].nnz == 0


def test_items_less_alike_than_told_are_no_neighbours():
    items = {
        "A": {"item_name": "red mug", "embedding": "1 0"},
        "B": {"item_name": "red mug", "embedding": "1 0.1"},
        "C": {"item_name": "red rug with a mug on it", "embedding": "1 5"},
    }
    known = shop([], items=items)
    anything = item_neighbours(known, NO_BASKETS)
    assert anything["content"].nnz == anything["embedding"].nnz == 6
    alike = item_neighbours(known, NO_BASKETS, least_content_similarity=0.5)
    for method in ("content", "embedding"):
        assert similarity(known, alike[method], "A", "B") > 0.5
        assert alike[method].nnz == 2


def test_embeddings_are_read_as_written_and_misfits_left_out():
    written = {
        "A": "[3, 4]",
        "B": "6 8",
        "C": "0.0;-1.0",
        "D": "[1, 2, 3]",
        "E": "none",
        "F": "[nan, 1]",
        "G": None,
    }
    known = shop([], items={k: {"embedding": v} for k, v in written.items()})
    vectors = embedding_vectors(known.items)
    np.testing.assert_allclose(vectors[:3], [[0.6, 0.8], [0.6, 0.8], [0, -1]])
    assert not vectors[3:].any()
    found = item_neighbours(known, NO_BASKETS)["embedding"]
    # A and B point the same way; C points away from both, and is nobody's neighbour.
    assert found.toarray()[:3, :3] == pytest.approx(
        np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    )


def test_without_embeddings_there_is_no_such_method():
    known = shop(once(("a", "X"), ("a", "Y")))
    assert "embedding" not in item_neighbours(known, NO_BASKETS)


# -- Similar customers -----------------------------------------------------------------


def test_similar_customers_are_exact_while_no_item_has_more_buyers_than_the_cap():
    bought = sparse.csr_matrix(
        sparse.random(60, 30, 0.2, random_state=2).astype(bool).astype(float)
    )
    everyone = np.arange(60)
    top = user_neighbours(bought, capped_buyers(bought, cap=60), everyone, n=5)
    exact = unit_rows(bought).toarray() @ unit_rows(bought).toarray().T
    np.fill_diagonal(exact, 0)
    for person in everyone:
        np.testing.assert_allclose(
            top[person].data, np.sort(exact[person])[::-1][:5], rtol=1e-12
        )
    assert top.diagonal().tolist() == [0] * 60


def test_the_cap_keeps_so_many_buyers_of_an_item_and_finds_most_neighbours(busy_shop):
    bought = busy_shop.bought()
    capped = capped_buyers(bought, cap=12)
    assert np.diff(capped.indptr).max() == 12
    everyone = np.arange(bought.shape[0])
    exact = user_neighbours(bought, capped_buyers(bought, cap=1_000), everyone, n=10)
    found = user_neighbours(bought, capped, everyone, n=10)
    recall = (found.astype(bool).multiply(exact.astype(bool))).nnz / exact.nnz
    assert 0.5 < recall < 1


# -- What each method says -------------------------------------------------------------


def scores_of(recommenders, purpose, customer):
    ids = recommenders.knowledge.customers["customer_id"].to_pylist()
    pairs = recommenders.pairs(purpose, np.array([ids.index(customer)]))
    names = item_ids(recommenders.knowledge)
    return {
        names[item]: dict(zip(pairs.methods, row, strict=True))
        for item, row in zip(pairs.item, pairs.scores, strict=True)
    }


def test_scores_of_new_items_are_those_computed_by_hand():
    # a has X twice (the second time 60 days ago) and should find Y, which both
    # neighbours have: b bought it 60 days ago, c today a month ago for the first time.
    known = shop(
        [
            ("a", "X", 2, 90, 60),
            ("b", "X", 1, 100, 100),
            ("b", "Y", 1, 60, 60),
            ("c", "Y", 1, 20, 20),
        ],
        countries={"a": "FR", "b": "FR", "c": "DE"},
        segments={"a": "new", "b": "loyal", "c": "new"},
    )
    found = scores_of(
        Recommenders(known, item_neighbours(known, NO_BASKETS)), DISCOVER, "a"
    )
    assert list(found) == ["Y"]
    scores = found["Y"]
    assert scores["cosine"] == pytest.approx((1 + np.log(2)) * 0.5)
    assert scores["jaccard"] == pytest.approx((1 + np.log(2)) / 3)
    assert scores["popularity"] == 2
    assert scores["recent_popularity"] == 1
    assert scores["trending"] == 1
    # b is as like a as one of two items makes it; its purchase is a half-life old.
    assert scores["user_neighbours"] == pytest.approx(0.5**0.5 * 0.5)
    overall = (0.5 + 0.5 ** (20 / 60)) / 3
    assert scores["country_popularity"] == pytest.approx(
        (0.5 + 20 * overall) / (2 + 20)
    )
    assert scores["segment_popularity"] == pytest.approx(
        (0.5 ** (20 / 60) + 20 * overall) / (2 + 20)
    )


def test_scores_of_bought_items_are_those_computed_by_hand():
    known = shop([("a", "X", 3, 70, 10), ("a", "Y", 1, 40, 40), ("b", "X", 1, 5, 5)])
    found = scores_of(
        Recommenders(known, item_neighbours(known, NO_BASKETS)), BUY_AGAIN, "a"
    )
    assert sorted(found) == ["X", "Y"]
    assert found["X"]["personal_frequency"] == 3
    assert found["X"]["personal_recency"] == pytest.approx(30 / 40)
    # One of three purchases was ever repeated, once in 30 days; X gains by being it.
    assert found["X"]["item_loyalty"] == pytest.approx((1 + 10 / 3) / (2 + 10))
    assert found["Y"]["item_loyalty"] == pytest.approx((0 + 10 / 3) / (1 + 10))
    own = (60 + 30) / 3
    assert found["X"]["repurchase_cycle"] == pytest.approx(
        3 / (10 + 60 + 30) * (10 / own) * np.exp(1 - 10 / own)
    )
    assert found["Y"]["repurchase_cycle"] == pytest.approx(
        1 / (40 + 30) * (40 / 30) * np.exp(1 - 40 / 30)
    )
    assert found["X"]["recent_popularity"] == 2
    assert found["Y"]["recent_popularity"] == 0


def test_the_repurchase_cycle_peaks_when_the_usual_gap_has_passed():
    # Ten people buy X every 30 days; p bought it as often, and so many days ago.
    peak = {}
    for last in (2, 10, 30, 60, 120):
        known = shop(
            [(f"q{n}", "X", 5, 130, 10) for n in range(10)]
            + [("p", "X", 5, last + 120, last)]
        )
        found = scores_of(
            Recommenders(known, item_neighbours(known, NO_BASKETS)), BUY_AGAIN, "p"
        )
        peak[last] = found["X"]["repurchase_cycle"]
    assert max(peak, key=peak.get) == 30


def test_lists_hold_what_they_are_for(busy):
    for purpose, expected in ((DISCOVER, 0), (BUY_AGAIN, 1)):
        pairs = busy.pairs(purpose, np.arange(120))
        had = busy.knowledge.bought()[pairs.customer, pairs.item]
        assert len(pairs.item) > 500
        assert np.all(np.asarray(had) == expected)
        assert np.all(pairs.scores >= 0)


def test_a_customer_with_every_popular_item_still_gets_the_rest():
    # Ninety items are popular and all a's; only what little b has is left to find.
    hits = [(person, f"h{n:02d}") for person in ("a", "b", "c") for n in range(90)]
    known = shop(once(*hits, ("b", "rare"), ("c", "odd")))
    recommenders = Recommenders(known, item_neighbours(known, NO_BASKETS))
    assert sorted(scores_of(recommenders, DISCOVER, "a")) == ["odd", "rare"]


def test_blocks_change_nothing(busy, monkeypatch):
    whole = busy.pairs(DISCOVER, np.arange(120))
    monkeypatch.setattr(methods_module, "CELLS_AT_ONCE", 60 * 7)
    parts = [busy.pairs(DISCOVER, some) for some in busy.blocks(np.arange(120))]
    assert len(parts) == 18
    assert np.array_equal(np.concatenate([p.item for p in parts]), whole.item)
    assert np.array_equal(np.concatenate([p.scores for p in parts]), whole.scores)


# -- Blend -----------------------------------------------------------------------------


def test_a_blended_score_is_the_sum_of_its_terms():
    pairs = Pairs(np.array([0]), np.array([0]), np.array([[3.0, 0.0]]), ("a", "b"))
    blend = Blend({"a": 2.0, "b": -1.0}, {"a": 1.5, "b": 1.0}, "v")
    assert blend.terms(pairs).tolist() == [[2 * np.log(3), 0]]


def test_a_method_that_knows_gets_the_weight(busy, busy_weights):
    rows = {(r["list"], r["method"]): r for r in busy_weights.to_pylist()}
    assert {row["status"] for row in rows.values()} == {"ok"}
    assert rows[DISCOVER, "popularity"]["customer_count"] > 100
    # Targets lie on the customer's shelf, which neighbours know and fame does not.
    blend = blends(busy_weights)[DISCOVER]
    pairs = busy.pairs(DISCOVER, np.arange(120))
    on_shelf = np.array(
        [
            int(item_ids(busy.knowledge)[item][1:]) % 4 == customer % 4
            for customer, item in zip(pairs.customer, pairs.item, strict=True)
        ]
    )
    terms = blend.terms(pairs)
    gap = {
        method: terms[on_shelf, column].mean() - terms[~on_shelf, column].mean()
        for column, method in enumerate(pairs.methods)
    }
    assert sum(gap.values()) > 1
    assert abs(gap["popularity"]) < 0.1 * sum(gap.values())


@pytest.mark.parametrize(
    "targets",
    [
        NO_TARGETS,
        pa.table({"list": [DISCOVER], "customer_id": ["c000"], "item_id": ["i01"]}),
        pa.table({"list": [DISCOVER], "customer_id": ["new"], "item_id": ["new"]}),
    ],
    ids=["none", "too few", "unknown"],
)
def test_too_little_to_learn_from_gives_the_plain_list_and_says_so(busy, targets):
    weights = fit_blend(busy, targets, max_customers=100, min_customers=20)
    rows = weights.to_pylist()
    assert {row["status"] for row in rows} == {"insufficient_data"}
    counted = {(r["list"], r["method"]) for r in rows if r["weight"]}
    assert counted == {(DISCOVER, "popularity"), (BUY_AGAIN, "personal_frequency")}
    listed = candidates(busy, weights, depth=5).read_all().to_pylist()
    popular = {i: n for n, i in enumerate(item_ids(busy.knowledge))}
    ranks = [
        popular[row["item_id"]]
        for row in listed
        if row["list"] == DISCOVER and row["customer_id"] == "c003"
    ]
    assert ranks == sorted(ranks)
    assert len(ranks) == 5


def test_a_day_without_customers_gives_the_plain_lists_only_to_those_who_came_later():
    nobody = Recommenders(shop([]), {})
    options = {"max_customers": 10, "min_customers": 1}
    assert fit_blend(nobody, NO_TARGETS, **options).num_rows == 0
    later = fit_blend(nobody, NO_TARGETS, is_fitted_without_customers=True, **options)
    known = shop(once(("a", "X"), ("a", "Y"), ("b", "X")))
    today = Recommenders(known, item_neighbours(known, NO_BASKETS))
    listed = candidates(today, later, depth=5).read_all().to_pylist()
    assert [(r["list"], r["customer_id"], r["item_id"]) for r in listed] == [
        (DISCOVER, "b", "Y"),
        (BUY_AGAIN, "a", "X"),
        (BUY_AGAIN, "a", "Y"),
        (BUY_AGAIN, "b", "X"),
    ]


def test_a_blend_that_is_not_better_gives_way_to_the_best_single_method(busy):
    # Everyone buys the two most popular items that they lack: nothing beats popularity.
    pairs = busy.pairs(DISCOVER, np.arange(120))
    is_next = rank_within(pairs.customer) <= 2
    people = busy.knowledge.customers["customer_id"].take(
        pa.array(pairs.customer[is_next])
    )
    bought = busy.knowledge.items["item_id"].take(pa.array(pairs.item[is_next]))
    busy_targets = pa.table(
        {"list": [DISCOVER] * 240, "customer_id": people, "item_id": bought}
    )
    weights = fit_blend(busy, busy_targets, max_customers=120, min_customers=20)
    rows = [row for row in weights.to_pylist() if row["list"] == DISCOVER]
    assert {row["status"] for row in rows} == {"single_method"}
    (best,) = [row for row in rows if row["weight"]]
    assert (best["method"], best["weight"]) == ("popularity", 1)
    judged = evaluated_lists(
        busy, weights, busy_targets, NO_POPULAR_ITEMS, max_customers=120
    ).to_pylist()
    found = {
        name: [
            (row["customer_id"], row["rank"], row["item_id"])
            for row in judged
            if row["list"] == DISCOVER and row["method"] == name
        ]
        for name in (best["method"], "blend")
    }
    assert len(found["blend"]) > 500
    assert found["blend"] == found[best["method"]]
    shown = candidates(busy, weights, depth=20).read_all().to_pylist()
    shown = [row for row in shown if row["list"] == DISCOVER]
    assert {row["method"] for row in shown} == {best["method"]}


def test_a_blend_wins_is_level_or_gives_way():
    single = np.array([0.5, 0.5, 0.5, 0.5])
    # Differences 0, 0, 0.1, 0.4: mean 0.125, standard error 0.19 / 2.
    assert _verdict(np.array([0.5, 0.5, 0.6, 0.9]), single) == "ok"
    # Differences 0, 0, 0, 0.4: mean 0.1, standard error 0.2 / 2.
    assert _verdict(np.array([0.5, 0.5, 0.5, 0.9]), single) == "level"
    assert _verdict(single, single) == "single_method"
    assert _verdict(np.array([0.9]), np.array([0.1])) == "level"


def test_what_methods_are_compared_by_is_the_ndcg_of_the_evaluation():
    # a bought the second and third of its candidates, b none, c the only one.
    customer = np.array([0, 0, 0, 1, 2])
    is_bought = np.array([False, True, True, False, True])
    ranking = Ranking(customer, np.array([4, 5, 6, 4, 5]), is_bought)
    ideal = 1 + 1 / np.log2(3)
    found = ranking.ndcg(np.array([3.0, 2.0, 2.0, 1.0, 1.0]))
    assert found == pytest.approx([(1 / np.log2(3) + 0.5) / ideal, 1])
    listed = ranking.ndcg(
        np.array([3.0, 0.0, 2.0, 1.0, 0.0]),
        is_listed=np.array([True, False, True, True, False]),
    )
    assert listed == pytest.approx([1 / np.log2(3) / ideal, 0])


def test_the_fit_looks_at_no_more_customers_than_told(busy, busy_targets):
    weights = fit_blend(busy, busy_targets, max_customers=30, min_customers=1)
    assert 0 < max(weights["customer_count"].to_pylist()) <= 30


# -- Lists -----------------------------------------------------------------------------


def test_lists_are_ranked_by_score_and_ties_by_popularity(busy, busy_weights):
    table = candidates(busy, busy_weights, depth=8).read_all()
    popular = {i: n for n, i in enumerate(item_ids(busy.knowledge))}
    lists = {}
    for row in table.to_pylist():
        lists.setdefault((row["list"], row["customer_id"]), []).append(row)
    assert len(lists) == 240
    for rows in lists.values():
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
        keys = [(-row["score"], popular[row["item_id"]]) for row in rows]
        assert keys == sorted(keys)
        assert len({row["item_id"] for row in rows}) == len(rows)


def test_everything_bought_is_a_candidate_to_be_bought_again(busy, busy_weights):
    listed = candidates(busy, busy_weights, depth=2).read_all()
    counts = listed.group_by(["list", "customer_id"]).aggregate([("rank", "max")])
    longest = {
        purpose: counts.filter(pa.compute.equal(counts["list"], purpose))["rank_max"]
        for purpose in (DISCOVER, BUY_AGAIN)
    }
    assert set(longest[DISCOVER].to_pylist()) == {2}
    assert sum(longest[BUY_AGAIN].to_pylist()) == busy.knowledge.order_counts.nnz


def test_the_method_named_is_one_that_adds_to_the_score():
    # c should find Y, which others have with X, and Z, which nobody has with X. Cosine
    # speaks for what it knows; popularity takes off, and least for Z.
    known = shop(once(*[(n, i) for n in "abd" for i in "XY"], ("c", "X"), ("e", "Z")))
    recommenders = Recommenders(known, item_neighbours(known, NO_BASKETS))
    weights = pa.Table.from_pylist(
        [
            {"list": DISCOVER, "method": method, "weight": weight, "scale": 1.0}
            for method, weight in (("cosine", 1.0), ("popularity", -2.0))
        ],
        schema=WEIGHT_SCHEMA,
    )
    listed = candidates(recommenders, weights, depth=5).read_all().to_pylist()
    assert {r["item_id"]: r["method"] for r in listed if r["customer_id"] == "c"} == {
        "Y": "cosine",
        "Z": "blend",
    }


def test_terms_add_up_to_the_scores_of_the_candidates(busy, busy_weights):
    table = candidates(busy, busy_weights, depth=8).read_all()
    scores = {
        (r["list"], r["customer_id"], r["item_id"]): r["score"]
        for r in table.to_pylist()
    }
    terms = explained_scores(busy, busy_weights, depth=8, max_customers=10)
    sums = {}
    for row in terms.to_pylist():
        key = row["list"], row["customer_id"], row["item_id"]
        sums[key] = sums.get(key, 0) + row["term"]
    assert len({customer for _, customer, _ in sums}) == 10
    assert sums == pytest.approx({key: scores[key] for key in sums}, abs=1e-12)


def test_evaluated_lists_are_of_the_same_customers_and_leave_out_what_scores_nothing(
    busy, busy_weights, busy_targets
):
    table = evaluated_lists(
        busy, busy_weights, busy_targets, NO_POPULAR_ITEMS, max_customers=40
    )
    people = {}
    for row in table.to_pylist():
        people.setdefault((row["list"], row["method"]), set()).add(row["customer_id"])
    for purpose in (DISCOVER, BUY_AGAIN):
        assert len(people[purpose, "blend"]) == 40
        assert people[purpose, "random"] == people[purpose, "blend"]
        assert people[purpose, "popularity"] == people[purpose, "blend"]
    assert (DISCOVER, "content") not in people
    assert max(table["rank"].to_pylist()) == 20


def test_customers_who_were_new_have_what_was_popular_that_day(busy, busy_weights):
    targets = pa.table(
        {
            "list": [DISCOVER] * 3,
            "customer_id": ["zoe", "yan", "c001"],
            "item_id": ["i01", "i02", "i03"],
        }
    )
    shown = pa.table(
        {
            "item_id": ["i07", "i03", "i05"],
            "popularity_rank": [2, 1, 3],
            "buyer_count": [5, 9, 4],
        }
    )
    table = evaluated_lists(
        busy, busy_weights, targets, shown, max_customers=10, depth=2
    )
    lists = {}
    for row in table.to_pylist():
        lists.setdefault((row["customer_id"], row["method"]), []).append(row["item_id"])
    methods = {method for customer, method in lists if customer == "zoe"}
    assert methods == {
        *("blend", "random", "popularity", "recent_popularity", "trending"),
        *("country_popularity", "segment_popularity"),
    }
    for method in methods - {"random"}:
        assert lists["zoe", method] == lists["yan", method]
    assert lists["zoe", "blend"] == ["i03", "i07"]
    # Items stand by popularity, and these are all recommendable.
    assert lists["zoe", "popularity"] == item_ids(busy.knowledge)[:2]
    assert lists["zoe", "random"] != lists["yan", "random"]
    one = evaluated_lists(busy, busy_weights, targets, shown, max_customers=1)
    assert len({"zoe", "yan"} & set(one["customer_id"].to_pylist())) == 1


def test_neighbours_survive_the_way_through_a_table(busy_shop):
    found = item_neighbours(busy_shop, NO_BASKETS)
    again = neighbours_from_table(busy_shop, neighbour_table(busy_shop, found))
    assert set(again) == {m for m, matrix in found.items() if matrix.nnz}
    for method, matrix in again.items():
        assert (matrix != found[method]).nnz == 0


def test_shuffled_rows_and_another_run_change_nothing(busy_targets):
    results = []
    for seed in (None, 1, 2):
        order = None if seed is None else np.random.default_rng(seed)
        known = shop(random_purchases(), order=order)
        recommenders = Recommenders(known, item_neighbours(known, NO_BASKETS))
        targets = busy_targets
        if order is not None:
            targets = targets.take(pa.array(order.permutation(targets.num_rows)))
        weights = fit_blend(recommenders, targets, max_customers=50, min_customers=5)
        results.append(
            (
                neighbour_table(known, item_neighbours(known, NO_BASKETS)),
                weights,
                candidates(recommenders, weights, depth=10).read_all(),
                evaluated_lists(
                    recommenders, weights, targets, NO_POPULAR_ITEMS, max_customers=30
                ),
            )
        )
    for again in results[1:]:
        assert all(a.equals(b) for a, b in zip(results[0], again, strict=True))


# -- Awkward shops ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "known",
    [
        shop([], calendar=()),
        shop([]),
        shop([], items={"X": {}, "Y": {"item_name": "mug"}}),
        shop(once(("a", "X"))),
        shop(once(("a", "X"), ("a", "Y"))),
        shop(once(("a", "X"), ("b", "X"))),
        shop(once(("a", "X"), ("b", "Y")), items={"Y": {"is_recommendable": False}}),
    ],
    ids=[
        "no day",
        "no order",
        "nobody known",
        "one purchase",
        "one customer",
        "one item",
        "one item hidden",
    ],
)
def test_a_tiny_shop_has_its_tables(known):
    neighbours = item_neighbours(known, NO_BASKETS)
    recommenders = Recommenders(known, neighbours)
    targets = pa.table(
        {"list": [DISCOVER], "customer_id": ["a"], "item_id": ["Y"]},
    )
    weights = fit_blend(
        recommenders,
        targets,
        max_customers=10,
        min_customers=1,
        is_fitted_without_customers=True,
    )
    assert weights.schema == WEIGHT_SCHEMA
    table = candidates(recommenders, weights, depth=5).read_all()
    shown = set(table["item_id"].to_pylist())
    hidden = known.items.filter(pa.compute.invert(known.items["is_recommendable"]))
    assert not shown & set(hidden["item_id"].to_pylist())
    again = [r for r in table.to_pylist() if r["list"] == BUY_AGAIN]
    allowed = known.is_recommendable[known.order_counts.indices]
    assert len(again) == int(allowed.sum())
    assert explained_scores(recommenders, weights, depth=5).num_rows >= len(again)
    evaluated_lists(recommenders, weights, targets, NO_POPULAR_ITEMS, max_customers=10)


def test_factorisation_takes_part_when_asked(busy_shop):
    found = item_neighbours(busy_shop, NO_BASKETS)
    without = Recommenders(busy_shop, found)
    with_als = Recommenders(busy_shop, found, has_als=True, random_state=3)
    again = Recommenders(busy_shop, found, has_als=True, random_state=3)
    assert "als" not in without.methods(DISCOVER)
    pairs = with_als.pairs(DISCOVER, np.arange(120))
    column = pairs.methods.index("als")
    on_shelf = [
        int(item_ids(busy_shop)[item][1:]) % 4 == customer % 4
        for customer, item in zip(pairs.customer, pairs.item, strict=True)
    ]
    scores, on_shelf = pairs.scores[:, column], np.array(on_shelf)
    assert scores[on_shelf].mean() > 2 * scores[~on_shelf].mean()
    assert np.array_equal(again.pairs(DISCOVER, np.arange(120)).scores, pairs.scores)


def test_without_implicit_factorisation_says_what_to_install(busy_shop, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "implicit.cpu.als", None)
    with pytest.raises(ImportError, match=r'pip install "precision-marketing\[als\]"'):
        Recommenders(busy_shop, {}, has_als=True)
