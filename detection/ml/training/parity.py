"""Whether a graph scores as what was fitted, on rows that make any difference show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from finobs.core.errors import Invalid

from ..estimators.ensemble import Ensemble
from ..onnx.trees import floor32
from .publication import PARITY_LIMIT

PARITY_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class ComparableModel:
    """What was fitted, as far as comparing needs it: its scores, and (feature, threshold) of every split."""

    score: Callable[[NDArray[np.float32]], NDArray[np.float64]]
    splits: NDArray[np.float64]

    @classmethod
    def of_ensemble(cls, fitted: Ensemble) -> ComparableModel:
        return cls(lambda own: fitted.of(own)["score"], forest_splits(fitted.forest))


def parity(fitted: ComparableModel, session: Any, matrix: NDArray[np.float32], seed: int = 0) -> tuple[float, int]:
    """The largest difference to what was fitted over real rows and rows placed on thresholds, and how many rows.

    `matrix` has the features that the model looks at. Raises Invalid above 1e-5: what was not fitted is not served.
    """
    chance = np.random.default_rng(seed)
    real = matrix[chance.choice(len(matrix), min(PARITY_ROWS, len(matrix)), replace=False)]
    rows = np.concatenate([real, on_thresholds(fitted.splits, matrix, PARITY_ROWS, chance)])
    (served,) = session.run(["score"], {"features": rows})
    difference = float(np.abs(served.reshape(-1) - fitted.score(rows)).max())
    if not difference <= PARITY_LIMIT:
        raise Invalid(
            f"The model cannot be published: its graph differs from what was fitted by {difference:.2g} "
            f"on {len(rows):,} rows; {PARITY_LIMIT:.0e} is the limit."
        )
    return difference, len(rows)


def forest_splits(forest: Any) -> NDArray[np.float64]:
    """(feature, threshold) of every split of an Isolation Forest."""
    splits = []
    for tree, used in zip(forest.estimators_, forest.estimators_features_, strict=True):
        inner = np.flatnonzero(tree.tree_.children_left >= 0)
        splits.append(np.column_stack([np.asarray(used)[tree.tree_.feature[inner]], tree.tree_.threshold[inner]]))
    return np.concatenate(splits)


def on_thresholds(
    splits: NDArray[np.float64], matrix: NDArray[np.float32], number: int, chance: np.random.Generator
) -> NDArray[np.float32]:
    """Real rows with one feature put exactly on, or one step above, the threshold of a split.

    A graph that rounds a threshold the wrong way agrees on nearly every real row, and never on these.
    """
    rows = matrix[chance.integers(len(matrix), size=number)].copy()
    if len(splits) == 0:
        return rows
    chosen = splits[chance.integers(len(splits), size=number)]
    on = floor32(chosen[:, 1])
    above = np.nextafter(on, np.float32(np.inf))
    rows[np.arange(number), chosen[:, 0].astype(int)] = np.where(chance.random(number) < 0.5, on, above)
    return rows
