"""Item neighbours and lists beside the package implicit, in time, memory and quality.

python bench/recommendations.py --lines 1000000 10000000
python bench/recommendations.py --warehouse warehouse/precision_marketing.duckdb
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from run import Cost, beside_goal, measure, median_ratios, medians
from scipy import sparse

THREADS = 2  # as in profiles.yml
NEIGHBOURS, LIST_LENGTH = 50, 10
GOALS = {"neighbours": (1.2, None), "lists": (0.5, 1.0)}  # wall ratio, GB
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


def our_lists(
    bought: sparse.csr_matrix, neighbours: sparse.csr_matrix
) -> sparse.csr_matrix:
    from precision_marketing.recommenders.methods import sinking_columns, top_items

    allowed = np.ones(bought.shape[1], dtype=bool)
    return top_items(bought, sinking_columns(neighbours, allowed), LIST_LENGTH)


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
    elif task == "equal":
        columns, without_itself, ours, theirs = given
        scores = [
            sorted_scores(
                Path(path), int(columns), without_itself=without_itself == "True"
            )
            for path in (ours, theirs)
        ]
        np.testing.assert_allclose(*scores, rtol=1e-9, atol=1e-12)
    else:
        side, *paths, out = given
        result = SIDES[task, side](*(sparse.load_npz(path) for path in paths))
        sparse.save_npz(out, result, compressed=False)


def sorted_scores(path: Path, columns: int, *, without_itself: bool) -> np.ndarray:
    """The largest entries of each row from the top, 0 where there are fewer."""
    matrix = sparse.load_npz(path).tocsr()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    kept = matrix.data > 0
    if without_itself:
        kept &= rows != matrix.indices
    rows, values = rows[kept], matrix.data[kept]
    order = np.lexsort((-values, rows))
    rows, values = rows[order], values[order]
    starts = np.searchsorted(rows, np.arange(matrix.shape[0]))
    place = np.arange(len(rows)) - starts[rows]
    scores = np.zeros((matrix.shape[0], columns))
    inside = place < columns
    scores[rows[inside], place[inside]] = values[inside]
    return scores


def compare(
    lines: int, rounds: int, tasks: list[str], folder: Path
) -> dict[str, dict[str, list[Cost]]]:
    """Both sides of both tasks in turn, and their scores held equal."""
    folder.mkdir(parents=True, exist_ok=True)
    bought = folder / f"purchases_{lines}.npz"
    if not bought.exists():
        measure([__file__, "--work", "purchases", str(lines), str(bought)])
    costs: dict[str, dict[str, list[Cost]]] = {}
    for task in tasks:
        columns = NEIGHBOURS if task == "neighbours" else LIST_LENGTH
        out = {
            side: folder / f"{task}_{side}_{lines}.npz" for side in ("ours", "implicit")
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
    parser.add_argument("--tasks", nargs="*", default=["neighbours", "lists"])
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
    rows = []
    for lines in given.lines:
        for task, costs in compare(
            lines, given.rounds, given.tasks, given.data_dir
        ).items():
            wall, cpu, _ = median_ratios(costs["ours"], costs["implicit"])
            our_wall, _, our_memory = medians(costs["ours"])
            their_wall, _, _ = medians(costs["implicit"])
            goal_wall, _ = GOALS[task]
            rows.append(
                f"| {lines:,} | {task} | {beside_goal(wall, goal_wall)} |"
                f" {cpu:.2f} | {our_wall:.1f} | {their_wall:.1f} | {our_memory:.2f} |"
            )
    if rows:
        print(
            "| order lines | task | time / implicit | processor time / implicit |"
            " our seconds | implicit's | our GB |"
        )
        print("|--:|---|--:|--:|--:|--:|--:|")
        print("\n".join(rows))
    if given.warehouse:
        print("\n| list | method | NDCG@10 |\n|---|---|--:|")
        for purpose, method, value in quality(given.warehouse, given.models):
            print(f"| {purpose} | {method} | {value:.4f} |")


if __name__ == "__main__":
    main()
