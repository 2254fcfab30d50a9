"""What an estimator learned, as rows of a table and back.

A fit is a set of named components. Each is one number, a vector along the features, a
vector along positions, or a matrix of positions by features; together they are all that
is needed to score, so a model is a table, not a pickled object.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Vector:
    """Numbers along positions, each with the name of a feature or an empty one."""

    names: Sequence[str]
    values: np.ndarray


Component = float | Mapping[str, float] | np.ndarray | Vector
Learned = dict[str, Component]

COMPONENT_SCHEMA = pa.schema(
    [
        ("component", pa.string()),
        ("feature", pa.string()),
        ("position", pa.int64()),
        ("value", pa.float64()),
    ]
)


def to_rows(
    learned: Mapping[str, Component], features: Sequence[str]
) -> list[tuple[str, str, int, float | None]]:
    """Rows (component, feature, position, value) of a fit, in a fixed order.

    Parameters
    ----------
    learned : mapping of component to its numbers
        A float; a mapping of feature to float; an array of shape (k,) along positions
        or (k, d) along positions and `features`; or a `Vector`.
    features : sequence of str
        Length d: the columns of matrices.

    Returns
    -------
    list of tuple
        Sorted by component, position and feature. NaN becomes None.
    """
    rows = []
    for component, values in learned.items():
        if isinstance(values, Mapping):
            rows += [(component, name, 0, value) for name, value in values.items()]
        elif isinstance(values, Vector):
            pairs = zip(values.names, values.values, strict=True)
            rows += [
                (component, name, at, value) for at, (name, value) in enumerate(pairs)
            ]
        elif isinstance(values, np.ndarray) and values.ndim == 2:
            rows += [
                (component, name, at, value)
                for at, line in enumerate(values)
                for name, value in zip(features, line, strict=True)
            ]
        else:
            numbers = np.atleast_1d(np.asarray(values, dtype=np.float64))
            rows += [(component, "", at, value) for at, value in enumerate(numbers)]
    return sorted(
        (
            (component, name, at, None if np.isnan(value) else float(value))
            for component, name, at, value in rows
        ),
        key=lambda row: (row[0], row[2], row[1]),
    )


class Parameters:
    """One fit read back from its rows.

    Parameters
    ----------
    rows : iterable of (component, feature, position, value)
        Of one model_version, in any order.
    """

    def __init__(self, rows) -> None:
        self._components: dict[str, list[tuple[int, str, float]]] = {}
        for component, feature, position, value in rows:
            number = np.nan if value is None else value
            self._components.setdefault(component, []).append(
                (position, feature, number)
            )
        for values in self._components.values():
            values.sort()

    def __contains__(self, component: str) -> bool:
        return component in self._components

    def _of(self, component: str) -> list[tuple[int, str, float]]:
        if component not in self._components:
            raise ValueError(
                f"parameters: expected a component {component!r}, found "
                f"{sorted(self._components)}; fit the model again with this version"
            )
        return self._components[component]

    def number(self, component: str) -> float:
        """The one number of a component."""
        ((_, _, value),) = self._of(component)
        return value

    def features(self, component: str) -> list[str]:
        """The features a component names, in alphabetical order."""
        return sorted({name for _, name, _ in self._of(component)})

    def along(self, component: str, features: Sequence[str]) -> np.ndarray:
        """A component as a vector of shape (d,) in the order of `features`."""
        values = {name: value for _, name, value in self._of(component)}
        return np.array([values[name] for name in features], dtype=np.float64)

    def vector(self, component: str) -> np.ndarray:
        """A component along its positions, of shape (k,)."""
        return np.array([value for _, _, value in self._of(component)])

    def names(self, component: str) -> list[str]:
        """The feature at each position of a component."""
        return [name for _, name, _ in self._of(component)]

    def matrix(self, component: str, features: Sequence[str]) -> np.ndarray:
        """A component of shape (positions, features)."""
        values = self._of(component)
        place = {name: at for at, name in enumerate(features)}
        matrix = np.full((values[-1][0] + 1, len(features)), np.nan)
        for position, name, value in values:
            matrix[position, place[name]] = value
        return matrix
