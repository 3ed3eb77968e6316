"""The supervised re-ranker: gradient boosting on outcomes that were known when it was trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from finobs.core.errors import Invalid
from finobs.core.jobs.progress import ProgressCallback, no_progress

from .settings import MIN_CONFIRMED, BoostingSettings

# So many rounds at a time, so that whoever watches hears of it. Fitting on is the same model to the bit (tested).
ROUNDS_A_STEP = 20


@dataclass(frozen=True, slots=True)
class Ranker:
    """`indexes`: the columns of the feature set that it looks at."""

    indexes: list[int]
    model: Any

    def score(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability of being suspicious, as far as the outcomes it learned from were all there were."""
        chances: NDArray[np.float64] = self.model.predict_proba(matrix[:, self.indexes])[:, 1]
        return chances


def fit_ranker(
    matrix: NDArray[np.float32], suspicious: NDArray[np.bool_], indexes: list[int], settings: BoostingSettings,
    progress: ProgressCallback = no_progress,
) -> Ranker:  # fmt: skip
    """Raises Invalid where too few were confirmed, or nothing else, to learn the difference."""
    if why := too_few(suspicious):
        raise Invalid(why)
    own = matrix[:, indexes]
    # No early stopping: it would take rows of the same days to decide by.
    model = HistGradientBoostingClassifier(
        max_leaf_nodes=settings.leaves, learning_rate=settings.rate, min_samples_leaf=settings.least_in_leaf,
        l2_regularization=settings.l2, early_stopping=False, random_state=settings.seed, warm_start=True,
    )  # fmt: skip
    for done in range(0, settings.rounds, ROUNDS_A_STEP):
        progress("Fitting", done, settings.rounds)
        # One thread: on a busy machine more of them wait for one another (73 s instead of 3 were seen).
        with threadpool_limits(limits=1, user_api="openmp"):
            model.set_params(max_iter=min(done + ROUNDS_A_STEP, settings.rounds)).fit(own, suspicious)
    return Ranker(indexes, model)


def too_few(suspicious: NDArray[np.bool_]) -> str:
    """Why these outcomes are not enough to learn the difference from; empty when they are."""
    confirmed, number = int(suspicious.sum()), len(suspicious)
    if confirmed < MIN_CONFIRMED:
        return (
            f"Too few outcomes to learn from: {confirmed:,} of {number:,} transactions are confirmed as suspicious; "
            f"{MIN_CONFIRMED} is the least."
        )
    if confirmed == number:
        return f"All {number:,} transactions are confirmed as suspicious: there is nothing to tell them from."
    return ""
