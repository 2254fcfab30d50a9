"""Item neighbours and lists beside the package implicit, in time, memory and quality.

Ours are the functions that the builds call, over the same purchases.

python bench/recommendations.py --lines 1000000 10000000
python bench/recommendations.py --warehouse warehouse/precision_marketing.duckdb
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from run import Cost, beside_goal, measure, median_ratios, medians
from scipy import sparse

THREADS = 2  # as in profiles.yml
NEIGHBOURS, LIST_LENGTH = 50, 10
GOALS = {"neighbours": 1.2, "lists": 0.5}  # wall ratio
MEMORY_GOAL = 1.0  # GB
# The blend's time grows with the customers alone, its memory with all purchases.
BLEND_CUSTOMERS = 20_000
CANDIDATES = 50  # five lists, as in a build
TODAY = date(2024, 1, 1)
GROUPS = 8  # countries, and segments
# Customers and items of a shop with so many lines, as in a supermarket's loyalty card
# data: thirty lines a customer, few items that sell much and many that sell little.
LINES_PER_CUSTOMER = 30
ITEM_OFFSET, ITEM_EXPONENT = 20, 0.9


def make_purchases(lines: int, path: Path) -> None:
    """Who bought what, once each, made from a seed; a CSR matrix in a file."""
    rng = np.random.default_rng(7)
    customers, items = lines // LINES_PER_CUSTOMER, 10_000 if lines > 2e6 else 5_000
    activity = rng.gamma(2.0, size=customers)
    buyer = rng.choice(customers, size=lines, p=activity / activity.sum())
    fame = 1.0 / (np.arange(items) + ITEM_OFFSET) ** ITEM_EXPONENT
    item = rng.choice(items, size=lines, p=fame / fame.sum())
    matrix = sparse.csr_matrix(
        (np.ones(lines), (buyer, item)), shape=(customers, items)
    )
    matrix.data[:] = 1.0
    sparse.save_npz(path, matrix, compressed=False)


def our_neighbours(bought: sparse.csr_matrix) -> sparse.csr_matrix:
    from precision_marketing.recommenders.similarities import (
        neighbours_of_vectors,
        unit_rows,
    )

    return neighbours_of_vectors(unit_rows(bought.T.tocsr()), NEIGHBOURS)


def implicit_neighbours(bought: sparse.csr_matrix) -> sparse.csr_matrix:
    from implicit.nearest_neighbours import CosineRecommender

    # One more, for implicit counts each item as a neighbour of itself.
    model = CosineRecommender(K=NEIGHBOURS + 1, num_threads=THREADS)
    model.fit(bought, show_progress=False)
    return model.similarity


def customer_ids(numbers: np.ndarray) -> list[str]:
    return [f"c{number:09d}" for number in numbers]


def item_ids(numbers: np.ndarray) -> list[str]:
    return [f"i{number:06d}" for number in numbers]


def customers_and_items(bought: sparse.csr_matrix) -> tuple[pa.Table, pa.Table]:
    """Tables that `Knowledge` wants, in no particular order of items."""
    people, size = bought.shape
    rng = np.random.default_rng(11)
    buyers = np.bincount(bought.indices, minlength=size)
    words = np.array([f"word{number}" for number in range(size // 5)])
    customers = {
        "customer_id": customer_ids(np.arange(people)),
        "country": np.char.add("k", rng.integers(0, GROUPS, people).astype(str)),
        "rfm_segment": np.char.add("s", rng.integers(0, GROUPS, people).astype(str)),
    }
    items = {
        "item_id": item_ids(np.arange(size)),
        "item_name": [" ".join(words[rng.integers(0, len(words), 4)]) for _ in buyers],
        "category": np.char.add("k", rng.integers(0, size // 100, size).astype(str)),
        "brand": pa.nulls(size, pa.string()),
        "description": pa.nulls(size, pa.string()),
        "embedding": pa.nulls(size, pa.string()),
        "unit_price": rng.lognormal(2.0, 1.0, size),
        "customer_count": buyers,
        "customer_count_30d": (buyers * rng.random(size) * 0.3).astype(np.int64),
        "new_customer_count_30d": (buyers * rng.random(size) * 0.1).astype(np.int64),
        "is_recommendable": np.ones(size, dtype=bool),
    }
    return pa.table(customers), pa.table(items)


def write_purchases(bought: sparse.csr_matrix, folder: Path) -> None:
    """The same purchases as the tables that a build reads, for `our_blend`."""
    customers, items = customers_and_items(bought)
    pq.write_table(customers, folder / "customers.parquet")
    pq.write_table(items, folder / "items.parquet")
    rng = np.random.default_rng(13)
    midnight = datetime.combine(TODAY, datetime.min.time())
    with pq.ParquetWriter(folder / "purchases.parquet", PURCHASES) as file:
        for start in range(0, bought.shape[0], 10_000):
            some = bought[start : start + 10_000]
            rows = start + np.repeat(np.arange(some.shape[0]), np.diff(some.indptr))
            last = rng.integers(1, 400 * 86_400, some.nnz)
            orders = rng.geometric(0.8, some.nnz)
            first = last + np.where(orders > 1, rng.integers(1, 9_000_000, some.nnz), 0)
            columns = [
                pa.array(customer_ids(rows)),
                pa.array(item_ids(some.indices)),
                pa.array(orders),
                *(
                    pa.array(
                        np.datetime64(midnight) - ages.astype("timedelta64[s]")
                    ).cast(pa.timestamp("us"))
                    for ages in (first, last)
                ),
            ]
            file.write_table(pa.table(columns, schema=PURCHASES))


PURCHASES = pa.schema(
    [
        ("customer_id", pa.string()),
        ("item_id", pa.string()),
        ("order_count", pa.int64()),
        ("first_ordered_at", pa.timestamp("us")),
        ("last_ordered_at", pa.timestamp("us")),
    ]
)


def streamed(path: Path, names: list[str] | None = None) -> pa.RecordBatchReader:
    """A Parquet file in batches, as DuckDB would hand them over."""
    file = pq.ParquetFile(path)
    batches = file.iter_batches(batch_size=100_000, columns=names)
    first = next(batches)

    def all_batches() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    return pa.RecordBatchReader.from_batches(first.schema, all_batches())


def equal_weights(lists_and_methods: list[tuple[str, str]]) -> pa.Table:
    from precision_marketing.recommenders.blend import WEIGHT_SCHEMA

    rows = [
        {"list": purpose, "method": method, "weight": 1.0, "scale": 1.0}
        for purpose, method in lists_and_methods
    ]
    return pa.Table.from_pylist(rows, schema=WEIGHT_SCHEMA)


def our_lists(bought: sparse.csr_matrix, neighbours: sparse.csr_matrix) -> pa.Table:
    """The list discover of a shop where cosine alone makes it."""
    from precision_marketing.recommenders.knowledge import Knowledge
    from precision_marketing.recommenders.lists import candidates
    from precision_marketing.recommenders.methods import DISCOVER, Recommenders

    customers, items = customers_and_items(bought)
    known = Knowledge(
        as_of_date=TODAY,
        customers=customers,
        items=items,
        order_counts=bought,
        age_days=np.ones(bought.nnz),
        span_days=np.zeros(bought.nnz),
    )
    lists = candidates(
        Recommenders(known, {"cosine": neighbours}),
        equal_weights([(DISCOVER, "cosine")]),
        depth=LIST_LENGTH,
    )
    return lists.read_all()


def our_blend(folder: Path) -> dict[str, float]:
    """Both lists of some customers by all methods: how many, and processor seconds."""
    from precision_marketing.recommenders.knowledge import know
    from precision_marketing.recommenders.lists import candidates
    from precision_marketing.recommenders.methods import LISTS, Recommenders
    from precision_marketing.recommenders.neighbours import item_neighbours

    known = know(
        calendar=pa.table({"as_of_date": [TODAY]}),
        customers=pq.read_table(folder / "customers.parquet"),
        items=pq.read_table(folder / "items.parquet"),
        purchases=streamed(folder / "purchases.parquet"),
    )
    recommenders = Recommenders(known, item_neighbours(known, baskets_of(folder)))
    weights = equal_weights(
        [(purpose, m) for purpose in LISTS for m in recommenders.methods(purpose)]
    )
    start = time.process_time()
    stop = customer_ids(np.array([BLEND_CUSTOMERS]))[0]
    customers = set()
    for batch in candidates(recommenders, weights, depth=CANDIDATES):
        # Customers come in order of their ids.
        if batch["customer_id"][0].as_py() >= stop:
            break
        customers.update(pc.unique(batch["customer_id"]).to_pylist())
    seconds = time.process_time() - start
    return {"customers": len(customers), "seconds": seconds}


def baskets_of(folder: Path) -> pa.RecordBatchReader:
    """One order a customer, of all that they bought."""
    schema = pa.schema(
        [
            ("order_number", pa.int64()),
            ("item_id", pa.string()),
            ("ordered_at", pa.timestamp("us")),
        ]
    )
    then = datetime.combine(TODAY, datetime.min.time()) - timedelta(days=1)

    def batches() -> Iterator[pa.RecordBatch]:
        names = ["customer_id", "item_id"]
        for batch in streamed(folder / "purchases.parquet", names):
            numbers = [int(name[1:]) for name in batch["customer_id"].to_pylist()]
            moments = pa.repeat(pa.scalar(then, pa.timestamp("us")), batch.num_rows)
            yield pa.record_batch(
                [pa.array(numbers), batch["item_id"], moments], schema=schema
            )

    return pa.RecordBatchReader.from_batches(schema, batches())


def implicit_lists(
    bought: sparse.csr_matrix, neighbours: sparse.csr_matrix
) -> sparse.csr_matrix:
    from implicit.nearest_neighbours import ItemItemRecommender, NearestNeighboursScorer

    model = ItemItemRecommender(K=NEIGHBOURS, num_threads=THREADS)
    # implicit asks whose neighbour a candidate is, we which neighbours it has.
    model.similarity = neighbours.T.tocsr()
    model.scorer = NearestNeighboursScorer(model.similarity)
    people = np.arange(bought.shape[0])
    items, scores = model.recommend(people, bought, N=LIST_LENGTH)
    found = scores > 0
    counts = found.sum(axis=1)
    return sparse.csr_matrix(
        (scores[found], items[found], np.concatenate(([0], np.cumsum(counts)))),
        shape=bought.shape,
    )


SIDES = {
    ("neighbours", "ours"): our_neighbours,
    ("neighbours", "implicit"): implicit_neighbours,
    ("lists", "ours"): our_lists,
    ("lists", "implicit"): implicit_lists,
}


def work(task: str, *given: str) -> None:
    """One step in a process of its own.

    All are: the largest size the kernel reports of a process starts at that of the one
    it was forked from.
    """
    if task == "purchases":
        make_purchases(int(given[0]), Path(given[1]))
    elif task == "tables":
        write_purchases(sparse.load_npz(given[0]), Path(given[1]))
    elif task == "blend":
        Path(given[1]).write_text(json.dumps(our_blend(Path(given[0]))))
    elif task == "equal":
        columns, without_itself, ours, theirs = given
        shape = sparse.load_npz(theirs).shape[0], int(columns)
        scores = [
            sorted_scores(Path(path), shape, without_itself=without_itself == "True")
            for path in (ours, theirs)
        ]
        np.testing.assert_allclose(*scores, rtol=1e-9, atol=1e-12)
    else:
        side, *paths, out = given
        result = SIDES[task, side](*(sparse.load_npz(path) for path in paths))
        if isinstance(result, pa.Table):
            pq.write_table(result, out)
        else:
            sparse.save_npz(out, result, compressed=False)


def as_matrix(path: Path) -> sparse.csr_matrix:
    """A matrix of scores, or a table of candidates as one."""
    if path.suffix == ".npz":
        return sparse.load_npz(path).tocsr()
    table = pq.read_table(path)
    customer, item = (
        [int(name[1:]) for name in table[column].to_pylist()]
        for column in ("customer_id", "item_id")
    )
    # The blend of one method of weight and scale 1 is the logarithm of 1 plus it.
    return sparse.csr_matrix((np.expm1(table["score"].to_numpy()), (customer, item)))


def sorted_scores(
    path: Path, shape: tuple[int, int], *, without_itself: bool
) -> np.ndarray:
    """The largest entries of each row from the top, 0 where there are fewer."""
    matrix = as_matrix(path)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    kept = matrix.data > 0
    if without_itself:
        kept &= rows != matrix.indices
    rows, values = rows[kept], matrix.data[kept]
    order = np.lexsort((-values, rows))
    rows, values = rows[order], values[order]
    starts = np.searchsorted(rows, np.arange(shape[0]))
    place = np.arange(len(rows)) - starts[rows]
    scores = np.zeros(shape)
    inside = place < shape[1]
    scores[rows[inside], place[inside]] = values[inside]
    return scores


def purchases(lines: int, folder: Path) -> Path:
    """Who bought what, made once."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"purchases_{lines}.npz"
    if not path.exists():
        measure([__file__, "--work", "purchases", str(lines), str(path)])
    return path


def blend(lines: int, folder: Path) -> tuple[dict[str, float], Cost]:
    """All methods at once, on the tables that a build reads."""
    tables = folder / f"tables_{lines}"
    if not (tables / "purchases.parquet").exists():
        tables.mkdir(exist_ok=True)
        made = purchases(lines, folder)
        measure([__file__, "--work", "tables", str(made), str(tables)])
    out = tables / "blend.json"
    cost = measure([__file__, "--work", "blend", str(tables), str(out)])
    return json.loads(out.read_text()), cost


def compare(
    lines: int, rounds: int, tasks: list[str], folder: Path
) -> dict[str, dict[str, list[Cost]]]:
    """Both sides of both tasks in turn, and their scores held equal."""
    bought = purchases(lines, folder)
    costs: dict[str, dict[str, list[Cost]]] = {}
    for task in tasks:
        columns = NEIGHBOURS if task == "neighbours" else LIST_LENGTH
        kinds = {"ours": "parquet" if task == "lists" else "npz", "implicit": "npz"}
        out = {
            side: folder / f"{task}_{side}_{lines}.{kind}"
            for side, kind in kinds.items()
        }
        given = [bought] + (
            [folder / f"neighbours_ours_{lines}.npz"] * (task == "lists")
        )
        costs[task] = {side: [] for side in out}
        for number in range(rounds):
            for side, path in out.items():
                command = [__file__, "--work", task, side, *map(str, given), str(path)]
                costs[task][side].append(measure(command))
                print(
                    f"{lines:,} lines, {task}, round {number + 1}, {side}:"
                    f" {costs[task][side][-1]}",
                    file=sys.stderr,
                    flush=True,
                )
        settings = [str(columns), str(task == "neighbours")]
        measure([__file__, "--work", "equal", *settings, *map(str, out.values())])
    return costs


def ndcg(lists: dict[str, list[str]], targets: dict[str, set[str]]) -> float:
    """Mean NDCG@10 over customers with a target."""
    gains = 1.0 / np.log2(np.arange(2, LIST_LENGTH + 2))
    total = 0.0
    for customer, wanted in targets.items():
        listed = lists.get(customer, [])[:LIST_LENGTH]
        hits = [
            gain for item, gain in zip(listed, gains, strict=False) if item in wanted
        ]
        total += sum(hits) / gains[: len(wanted)].sum()
    return total / len(targets)


def implicit_models() -> dict[str, object]:
    """What implicit offers, with its usual and some other settings."""
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import (
        BM25Recommender,
        CosineRecommender,
        TFIDFRecommender,
    )

    return {
        **{
            f"{name}, K={k}": kind(K=k, num_threads=THREADS)
            for name, kind in (
                ("cosine", CosineRecommender),
                ("TF-IDF", TFIDFRecommender),
                ("BM25", BM25Recommender),
            )
            for k in (20, 50, 200)
        },
        "BM25 K1=100 B=0.8, K=50": BM25Recommender(
            K=50, K1=100, B=0.8, num_threads=THREADS
        ),
        **{
            f"ALS {factors} factors, alpha={alpha:g}": AlternatingLeastSquares(
                factors=factors, alpha=alpha, random_state=1, num_threads=THREADS
            )
            for factors in (32, 64, 128)
            for alpha in (1.0, 10.0)
        },
    }


def quality(warehouse: Path, names: list[str]) -> list[tuple[str, str, float]]:
    """NDCG@10 of each of our methods and of implicit's, on the evaluated day."""
    import duckdb
    from threadpoolctl import threadpool_limits

    from precision_marketing.recommenders.knowledge import know

    connection = duckdb.connect(str(warehouse), read_only=True)
    fold = {
        name: connection.table(f"int_pm__recommendation_{name}").filter(
            "fold = 'evaluate'"
        )
        for name in ("calendar", "customers", "items", "purchases")
    }
    known = know(**fold)
    people = {c: n for n, c in enumerate(known.customers["customer_id"].to_pylist())}
    items = np.asarray(known.items["item_id"].to_pylist(), dtype=object)
    hidden = np.flatnonzero(~known.is_recommendable)
    found = []
    targets: dict[str, dict[str, set[str]]] = {"discover": {}, "buy_again": {}}
    for purpose, customer, item in connection.sql(
        """
        select distinct targets.list, targets.customer_id, targets.item_id
        from int_pm__recommendation_targets as targets
        inner join ml_pm__recommender_lists as lists
            on
                targets.list = lists.list
                and targets.customer_id = lists.customer_id
                and lists.method = 'blend'
        inner join int_pm__recommendation_customers as customers
            on
                targets.fold = customers.fold
                and targets.customer_id = customers.customer_id
        where targets.fold = 'evaluate'
        """
    ).fetchall():
        targets[purpose].setdefault(customer, set()).add(item)
    ours: dict[tuple[str, str], dict[str, list[str]]] = {}
    for purpose, method, customer, item in connection.sql(
        "select list, method, customer_id, item_id from ml_pm__recommender_lists"
        " order by list, method, customer_id, rank"
    ).fetchall():
        ours.setdefault((purpose, method), {}).setdefault(customer, []).append(item)
    for (purpose, method), lists in ours.items():
        found.append((purpose, f"ours: {method}", ndcg(lists, targets[purpose])))

    for name, model in implicit_models().items():
        if not any(f"{name},".startswith((f"{w},", f"{w} ")) for w in names):
            continue
        # BM25 is made for counts, cosine and ALS for what was bought at all.
        user_items = known.order_counts if "BM25" in name else known.bought()
        with threadpool_limits(1, "blas"):
            model.fit(user_items, show_progress=False)
        for purpose, wanted in targets.items():
            rows = np.array([people[customer] for customer in wanted])
            if purpose == "discover":
                chosen, _ = model.recommend(
                    rows, user_items[rows], N=LIST_LENGTH, filter_items=hidden
                )
                lists = dict(zip(wanted, items[chosen].tolist(), strict=True))
            else:
                lists = {
                    customer: repeated(model, row, user_items[row], hidden, items)
                    for customer, row in zip(wanted, rows, strict=True)
                }
            found.append((purpose, f"implicit: {name}", ndcg(lists, wanted)))
    return sorted(found, key=lambda row: (row[0], -row[2]))


def repeated(
    model, row: int, user_items, hidden: np.ndarray, items: np.ndarray
) -> list:
    """The best of the items that a customer had, by a model of implicit."""
    had = np.setdiff1d(user_items.indices, hidden)
    if not len(had):
        return []
    chosen, _ = model.recommend(
        row,
        user_items,
        N=LIST_LENGTH,
        items=had,
        filter_already_liked_items=False,
    )
    return items[chosen[:LIST_LENGTH]].tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", nargs="*", default=["neighbours", "lists", "blend"])
    parser.add_argument("--warehouse", type=Path)
    parser.add_argument(
        "--models",
        nargs="*",
        default=["cosine", "TF-IDF", "BM25", "ALS"],
        help="with --warehouse: names of implicit's models, or their first words",
    )
    parser.add_argument("--work", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(tempfile.gettempdir()) / "precision_marketing_bench",
    )
    given = parser.parse_args()
    if given.work:
        work(*given.work)
        return
    rows, blend_rows = [], []
    for lines in given.lines:
        beside = [task for task in given.tasks if task != "blend"]
        for task, costs in compare(lines, given.rounds, beside, given.data_dir).items():
            wall, cpu, _ = median_ratios(costs["ours"], costs["implicit"])
            our_wall, _, our_memory = medians(costs["ours"])
            their_wall, _, _ = medians(costs["implicit"])
            rows.append(
                f"| {lines:,} | {task} | {beside_goal(wall, GOALS[task])} |"
                f" {cpu:.2f} | {our_wall:.1f} | {their_wall:.1f} |"
                f" {beside_goal(our_memory, MEMORY_GOAL)} |"
            )
        if "blend" in given.tasks:
            found, cost = blend(lines, given.data_dir)
            blend_rows.append(
                f"| {lines:,} | {found['customers']:,} |"
                f" {1_000 * found['seconds'] / found['customers']:.2f} |"
                f" {beside_goal(cost.memory, MEMORY_GOAL)} |"
            )
    if rows:
        print(
            "| order lines | task | time / implicit | processor time / implicit |"
            " our seconds | implicit's | our GB |"
        )
        print("|--:|---|--:|--:|--:|--:|--:|")
        print("\n".join(rows))
    if blend_rows:
        print(
            "\n| order lines | customers with all methods |"
            " processor milliseconds each | GB |"
        )
        print("|--:|--:|--:|--:|")
        print("\n".join(blend_rows))
    if given.warehouse:
        print("\n| list | method | NDCG@10 |\n|---|---|--:|")
        for purpose, method, value in quality(given.warehouse, given.models):
            print(f"| {purpose} | {method} | {value:.4f} |")


if __name__ == "__main__":
    main()
