"""Frequent itemsets by pyfim's eclat (C) or mlxtend's fpgrowth.

The lines of a basket stand together in the file, which spares the peers a sort.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def read_baskets(path: Path) -> tuple[np.ndarray, np.ndarray, pa.Array]:
    """First line of each basket and the end, item number of each line, item codes."""
    table = pq.read_table(
        path, columns=["order_id", "item_id"], read_dictionary=["order_id", "item_id"]
    )
    order = table["order_id"].combine_chunks().indices.to_numpy()
    items = table["item_id"].combine_chunks()
    starts = np.flatnonzero(np.concatenate(([True], order[1:] != order[:-1])))
    edges = np.append(starts, len(order))
    return edges, items.indices.to_numpy(), items.dictionary


def by_eclat(edges, lines, least_count: int, largest: int) -> list[tuple]:
    import fim

    numbers, bounds = lines.tolist(), edges.tolist()
    baskets = [numbers[a:b] for a, b in itertools.pairwise(bounds)]
    return fim.eclat(
        baskets, supp=-least_count, zmin=2, zmax=largest, target="s", report="a"
    )


def by_fpgrowth(edges, lines, least_count: int, largest: int) -> list[tuple]:
    import pandas as pd
    from mlxtend.frequent_patterns import fpgrowth
    from scipy.sparse import csr_matrix

    # Rare items can be in no itemset; without them the table is a tenth as wide.
    frequent = np.flatnonzero(np.bincount(lines) >= least_count)
    matrix = csr_matrix((np.ones(len(lines), bool), lines, edges))[:, frequent]
    table = pd.DataFrame.sparse.from_spmatrix(matrix, columns=frequent)
    # Half a basket less leaves no doubt: mlxtend compares shares.
    share = (least_count - 0.5) / len(table)
    found = fpgrowth(table, min_support=share, max_len=largest, use_colnames=True)
    counts = (found["support"] * len(table)).round().astype(int)
    return [
        (tuple(items), count)
        for items, count in zip(found["itemsets"], counts, strict=True)
        if len(items) >= 2
    ]


METHODS = {"eclat": by_eclat, "fpgrowth": by_fpgrowth}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", choices=METHODS, required=True)
    parser.add_argument("--baskets", type=Path, required=True)
    parser.add_argument("--support", type=float, required=True)
    parser.add_argument("--largest", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True, help="a Parquet file")
    given = parser.parse_args()
    edges, lines, codes = read_baskets(given.baskets)
    least_count = int(np.ceil(given.support * (len(edges) - 1) - 1e-9))
    found = METHODS[given.method](edges, lines, least_count, given.largest)
    names = codes.to_pylist()
    result = pa.table(
        {
            "items": [sorted(names[number] for number in items) for items, _ in found],
            "basket_count": pa.array([count for _, count in found], pa.int64()),
        }
    )
    pq.write_table(result, given.out)


if __name__ == "__main__":
    main()
