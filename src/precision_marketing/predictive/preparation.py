"""Features made fit for an estimator: filled, clipped to what is usual, scaled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from precision_marketing.predictive.parameters import Learned, Parameters

# One wild value can turn a linear score around; one in two hundred on either side is
# brought back to the border.
CLIPPED_SHARE = 0.005


@dataclass(frozen=True)
class Preparation:
    """How each feature is filled, clipped and scaled; all of shape (d,)."""

    fill: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, matrix: np.ndarray) -> "Preparation":
        """Learn from rows of shape (n, d) with NaN for what is not known.

        A gap takes the median of what is known, 0 where nothing is. Borders are the
        quantiles `CLIPPED_SHARE` and 1 - `CLIPPED_SHARE`, mean and standard deviation
        those of the filled and clipped values. A constant has scale 1.
        """
        known = ~np.isnan(matrix)
        some = known.any(axis=0)
        fill = np.zeros(matrix.shape[1])
        fill[some] = np.nanmedian(matrix[:, some], axis=0)
        filled = np.where(known, matrix, fill)
        # Borders that occur in the data: between two values a quantile would depend on
        # the last digit of an interpolation.
        lower = np.quantile(filled, CLIPPED_SHARE, axis=0, method="lower")
        upper = np.quantile(filled, 1 - CLIPPED_SHARE, axis=0, method="higher")
        clipped = np.clip(filled, lower, upper)
        # From the border on, so that a constant has a deviation of exactly 0.
        shifted = clipped - lower
        mean, deviation = shifted.mean(axis=0), shifted.std(axis=0)
        return cls(
            fill, lower, upper, lower + mean, np.where(deviation > 0, deviation, 1.0)
        )

    @classmethod
    def read(cls, parameters: Parameters, features: Sequence[str]) -> "Preparation":
        """Read back what `learned` wrote."""
        return cls(*(parameters.along(part, features) for part in PARTS))

    def learned(self, features: Sequence[str]) -> Learned:
        """As components, a number per feature."""
        return {
            part: dict(zip(features, getattr(self, part), strict=True))
            for part in PARTS
        }

    def filled(self, matrix: np.ndarray) -> np.ndarray:
        """Gaps filled, nothing else."""
        return np.where(np.isnan(matrix), self.fill, matrix)

    def scaled(self, matrix: np.ndarray) -> np.ndarray:
        """Filled, clipped, and in standard deviations from the mean."""
        clipped = np.clip(self.filled(matrix), self.lower, self.upper)
        return (clipped - self.mean) / self.scale


PARTS = tuple(Preparation.__dataclass_fields__)
