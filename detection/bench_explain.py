"""What an explanation costs: one row at a time, as when an alert is raised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING

from finobs.core import clock
from finobs.core.bench import Timings, benchmark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS = 20_000


@benchmark("explain", size=1_000, help="Explain a score: SHAP contributions that add up to it, as an alert keeps them.")
def explain(size: int) -> Timings:
    """A forest of the size that is trained (100 trees of 2,048 rows); every explanation is checked to add up."""
    import numpy as np

    from . import features, scoring, training
    from .explain import Explainer
    from .models import ModelVersion

    chance = np.random.default_rng(7)
    matrix = np.column_stack(list(_columns(chance))).astype(np.float32)
    trained = training.train(matrix, features.BASIC, training.Settings())
    version = ModelVersion(
        pk=0, number=0, feature_set=features.BASIC.name, parameters=trained.parameters, artefact=trained.artefact,
        sha256=hashlib.sha256(trained.artefact).hexdigest(), training_rows=ROWS, trained_from=clock.now(),
        trained_to=clock.now(), threshold=trained.threshold,
    )  # fmt: skip
    explainer = Explainer(version)
    scores = scoring.score(scoring.open_session(trained.artefact), matrix)
    highest = np.argsort(scores)[::-1][:size]
    worst = 0.0
    for index in highest:
        started = perf_counter()
        kept = explainer.explain(matrix[index], scores[index])
        yield perf_counter() - started
        total = float(kept["base"]) + sum(float(each["contribution"]) for each in kept["features"])
        worst = max(worst, abs(total - scores[index]))
    return {
        "features": len(features.BASIC.names),
        "edges": len(explainer.forest.share) - 1,
        "largest_difference": worst,
    }


def _columns(chance: np.random.Generator) -> Iterator[NDArray[np.generic]]:
    """Rows like those of `basic-1`, in the order of its names."""
    import numpy as np

    hour = chance.uniform(0, 24, ROWS)
    yield chance.normal(4, 1, ROWS)
    yield np.sin(hour * np.pi / 12)
    yield np.cos(hour * np.pi / 12)
    yield chance.integers(0, 7, ROWS)
    yield hour < 7
    yield chance.random(ROWS) < 0.05
    yield chance.random(ROWS) < 0.2
