"""What an explanation costs: one row at a time, as when an alert is raised that two models scored."""

from __future__ import annotations

import hashlib
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from detection.choices import ModelRole
from finobs.core import clock
from tests.benchmarks.registry import Timings, benchmark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from detection.models import ModelVersion

ROWS, DAYS_OF_ROWS, ACCOUNTS, TERMINALS, COMPROMISED = 40_000, 75, 600, 400, 25
LIMIT = 1e-6


@benchmark("explain", size=1_000, help="Explain the scores of both models, as an alert keeps them, checked to add up.")
def explain(size: int) -> Timings:
    """Both models as they are trained: 100 trees of 2,048 rows with a reconstruction, and 200 trees of 15 leaves.

    The timing is of the whole explanation of an alert; `anomaly_p50_ms`, `supervised_p50_ms` are of one score each,
    `reasons_p50_ms` of the sentences told with a decision.
    """
    import numpy as np

    from detection.ml import scoring
    from detection.ml.explain import reason_codes
    from detection.ml.explain.explainer import explainer
    from detection.ml.explain.reason_templates import TransactionContext
    from detection.pipeline import explanations

    matrix, suspicious = _rows(np.random.default_rng(7))
    versions = [_supervised(matrix, suspicious), _anomaly(matrix)]
    scores = [scoring.score_matrix(scoring.open_session(bytes(version.artefact)), matrix) for version in versions]
    highest = np.argsort(scores[0])[::-1][:size]
    spent: dict[str, list[float]] = {"supervised": [], "anomaly": [], "reasons": []}
    about, worst = TransactionContext("$1,234.50", "USD", False, True, "FR"), 0.0
    for index in highest:
        given = [
            explanations.ScoredVector(version, its[index], matrix[index])
            for version, its in zip(versions, scores, strict=True)
        ]
        started = perf_counter()
        kept = explanations.explain(given, "USD")
        yield perf_counter() - started
        worst = max(worst, *(_difference(each) for each in (kept, *kept["beside"])))
        for version, score, vector in given:
            started = perf_counter()
            explainer(version).explain(vector, score)
            spent[version.role].append(perf_counter() - started)
        started = perf_counter()
        reason_codes.of_vector(versions[0], matrix[index], about)
        spent["reasons"].append(perf_counter() - started)
    if worst > LIMIT:
        raise RuntimeError(f"an explanation is {worst} away from its score")
    shown: dict[str, Any] = {f"{name}_p50_ms": median(each) * 1000 for name, each in spent.items()}
    for version in versions:
        shown[f"{version.role}_features"] = len(explainer(version).names)
        shown[f"{version.role}_edges"] = len(explainer(version).members.forest.share) - 1
    return shown | {"largest_difference": f"{worst:.1e}"}


def _difference(kept: dict[str, Any]) -> float:
    total = float(kept["base"]) + sum(float(each["contribution"]) for each in kept["features"])
    return abs(total - float(kept["score"]))


def _supervised(matrix: NDArray[np.float32], suspicious: NDArray[np.bool_]) -> ModelVersion:
    from detection import features
    from detection.features.account import SUPERVISED
    from detection.ml.estimators import boosting
    from detection.ml.estimators.settings import BoostingSettings
    from detection.ml.onnx.boosted_graph import boosted_graph

    ranker = boosting.fit_ranker(matrix, suspicious, features.ACCOUNT.indexes(SUPERVISED), BoostingSettings())
    artefact = boosted_graph(ranker.model, SUPERVISED, {"feature_set": features.ACCOUNT.name})
    return _version(-1, ModelRole.SUPERVISED, artefact, matrix, {})


def _anomaly(matrix: NDArray[np.float32]) -> ModelVersion:
    from detection import features
    from detection.ml.training import anomaly
    from detection.ml.training.settings import AnomalySettings

    trained = anomaly.train_anomaly(matrix, features.ACCOUNT, AnomalySettings())
    return _version(-2, ModelRole.ANOMALY, trained.artefact, matrix, trained.parameters)


def _version(pk: int, role: ModelRole, artefact: bytes, matrix: NDArray[np.float32], parameters: Any) -> ModelVersion:
    from detection import features
    from detection.ml.onnx.graph_metadata import medians, quantiles
    from detection.models import ModelVersion

    names = features.ACCOUNT.names
    return ModelVersion(
        pk=pk, role=role.value, number=0, feature_set=features.ACCOUNT.name, artefact=artefact, training_rows=ROWS,
        parameters={**parameters, "typical": medians(matrix, names), "spread": quantiles(matrix, names)},
        sha256=hashlib.sha256(artefact).hexdigest(), trained_from=clock.now(), trained_to=clock.now(), threshold=0.5,
    )  # fmt: skip


def _rows(chance: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Transactions with their histories, in the features of `account-1`, and which were suspicious: some terminals are
    compromised, and some amounts are far beyond what their account does."""
    import numpy as np

    from detection.features.account import derive
    from detection.features.bulk import History, statistics
    from detection.features.confirmed_rows import ConfirmedRows
    from detection.features.definition import DAY_MICROSECONDS

    time = np.sort(chance.integers(0, DAYS_OF_ROWS * DAY_MICROSECONDS, ROWS))
    account, terminal = chance.integers(0, ACCOUNTS, ROWS), chance.integers(0, TERMINALS, ROWS)
    is_large = chance.random(ROWS) < 0.004
    minor = (chance.lognormal(3.5, 0.6, ROWS) * (1 + account % 7) * np.where(is_large, 12, 1) * 100).astype(np.int64)
    suspicious = is_large | ((terminal < COMPROMISED) & (chance.random(ROWS) < 0.5))
    country = account * 10 + (chance.random(ROWS) < 0.02)
    history = History(
        np.arange(ROWS), time, minor, (minor % 10_000 == 0).astype(np.int64), account, terminal,
        account * TERMINALS + terminal, country,
    )  # fmt: skip
    outcomes = ConfirmedRows(
        account[suspicious], terminal[suspicious], time[suspicious], time[suspicious] + 7 * DAY_MICROSECONDS
    )
    found = statistics(history, outcomes, np.arange(ROWS))
    return derive(minor, np.full(ROWS, 100), time, np.zeros(ROWS, dtype=bool), found), suspicious
