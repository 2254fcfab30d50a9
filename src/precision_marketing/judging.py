"""What evaluations share: groups of rows, bootstrap intervals, grades, their table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from precision_marketing.frames import conform, key_fields

CONFIDENCE = 0.95
# Rows behind the intervals. Above it a sample of whole customers is resampled and
# the interval shrunk by the square root of the share: 200 draws stay a few seconds.
BOOTSTRAP_ROWS = 50_000
# An interval from fewer usable draws than this share would hide how unstable it is.
USABLE_DRAWS = 0.5
# Relative gain over the baseline that earns an A, when even the lower end of its
# interval reaches it.
GRADE_A_GAIN = 0.10
INSUFFICIENT_DATA, NO_BASELINE = "insufficient_data", "no_baseline"

EVALUATION_SCHEMA = pa.schema(
    [
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("baseline_value", pa.float64()),
        ("grade", pa.string()),
    ]
)

Metrics = Mapping[str, float | None]
Bounds = dict[str, tuple[float | None, float | None]]


def judge_groups(
    ordered: pa.Table,
    group_columns: Sequence[str],
    judge: Callable[[pa.Table], tuple[list[tuple], str]],
) -> pa.Table:
    """Judge each group of rows by itself.

    Parameters
    ----------
    ordered : pyarrow.Table
        Sorted by `group_columns`.
    group_columns : sequence of str
    judge : callable
        Takes the rows of a group, returns rows as from `metric_rows` and a grade.

    Returns
    -------
    pyarrow.Table
        `group_columns` and `EVALUATION_SCHEMA`, the grade in each row of a group. 0
        rows in, 0 rows out.
    """
    schema = pa.schema([*key_fields(ordered, group_columns), *EVALUATION_SCHEMA])
    tables = [schema.empty_table()]
    for start, stop in _group_ranges(ordered, group_columns):
        group = ordered.slice(start, stop - start)
        rows, grade = judge(group)
        of_group = {
            column: pa.array(
                [group[column][0].as_py()] * len(rows), schema.field(column).type
            )
            for column in group_columns
        }
        judged = zip(EVALUATION_SCHEMA.names[:-1], zip(*rows, strict=True), strict=True)
        columns = {**of_group, **dict(judged), "grade": [grade] * len(rows)}
        tables.append(conform(columns, schema, name="evaluation"))
    return pa.concat_tables(tables).combine_chunks()


def _group_ranges(
    ordered: pa.Table, group_columns: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """First row of each group of a sorted table, and the first after it."""
    changes = np.zeros(ordered.num_rows, dtype=bool)
    changes[:1] = True
    for column in group_columns:
        codes = ordered[column].combine_chunks().dictionary_encode().indices.to_numpy()
        changes[1:] |= codes[1:] != codes[:-1]
    return pairwise([*np.flatnonzero(changes).tolist(), ordered.num_rows])


def metric_rows(full: Metrics, bounds: Bounds, baseline: Metrics) -> list[tuple]:
    """Rows (metric, value, lower, upper, baseline_value), undefined numbers as None."""
    return [
        (
            metric,
            known(value),
            *bounds.get(metric, (None, None)),
            known(baseline.get(metric)),
        )
        for metric, value in full.items()
    ]


def known(value: float | None) -> float | None:
    """A number as Python's, None where it is not finite."""
    return None if value is None or not np.isfinite(value) else float(value)


def bootstrap_bounds(
    full: Metrics,
    measure: Callable[[np.ndarray], Metrics],
    count: int,
    *,
    n_bootstrap: int,
    random_state: int,
    share: float = 1.0,
) -> Bounds:
    """Percentile bootstrap of metrics.

    Parameters
    ----------
    full : mapping of str to float
        The metrics of all rows.
    measure : callable
        Takes how often each of `count` was drawn, returns the metrics to bound.
    count : int
        Who is drawn from.
    n_bootstrap : int
        Draws; 0 gives no bounds.
    random_state : int
    share : float
        Share of all rows that is drawn from. Below 1 the deviations from the metrics of
        that share are scaled by its root and put around those of all rows.

    Returns
    -------
    dict of str to tuple
        Lower and upper end; a metric is left out where it is not defined, or in too few
        draws.
    """
    if not n_bootstrap:
        return {}
    generator = np.random.default_rng(random_state)
    draws = []
    for _ in range(n_bootstrap):
        picked = generator.integers(count, size=count)
        draws.append(measure(np.bincount(picked, minlength=count).astype(float)))
    shrink = np.sqrt(share)
    of_share = measure(np.ones(count)) if share < 1 else {}
    tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    bounds = {}
    for metric in draws[0]:
        values = np.array([draw[metric] for draw in draws])
        usable = values[np.isfinite(values)]
        if len(usable) >= USABLE_DRAWS * n_bootstrap and np.isfinite(full[metric]):
            center = full[metric] - shrink * of_share[metric] if of_share else 0.0
            lower, upper = center + shrink * np.quantile(usable, tails)
            bounds[metric] = (known(lower), known(upper))
    return bounds


def grade_gain(gain: float, bounds: tuple[float | None, ...] | None) -> str:
    """A, B or C by the gain over the baseline and the lower end of its interval.

    Without an interval the gain itself has to earn the A.
    """
    if not np.isfinite(gain):
        return NO_BASELINE
    certain = gain if bounds is None else bounds[0]
    # Nine digits, so that a gain of exactly 10 % is not lost to the last bit.
    if certain is not None and round(certain, 9) >= GRADE_A_GAIN:
        return "A"
    return "B" if round(gain, 9) >= 0 else "C"
