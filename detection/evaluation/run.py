"""The whole evaluation: features, models, rankings and what is said of each. Reproducible by its seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finobs.core.errors import Invalid

from ..choices import SEVERITY, Outcome, RuleKind
from ..features import ACCOUNT
from ..features.account import RISK7, SUPERVISED, derive
from ..features.bulk import statistics
from ..features.columns import Columns
from ..features.definition import HORIZON
from ..ml import metrics
from ..ml.estimators import boosting, ensemble
from ..ml.estimators.settings import BoostingSettings, EnsembleSettings
from ..rules import scenarios
from .loader import EvaluationRows
from .split import Split, held_out_rows, labelled_rows, train_rows

Scores = NDArray[np.float64]

Report = Callable[[str], None]


def evaluate(rows: EvaluationRows, split: Split, seed: int = 7, report: Report = lambda _: None) -> dict[str, Any]:
    """{"rows": ..., "results": {ranking: metrics}}. Raises Invalid for a split that cannot be judged."""
    check(split)
    card, fraud = rows.history.account, rows.suspicious
    train, test = train_rows(split, rows.day), held_out_rows(split, rows.day, card, fraud)
    labelled = labelled_rows(split, rows.day)
    if not len(train) or not len(labelled) or not fraud[test].any() or fraud[test].all():
        raise Invalid("These days hold no rows to learn from, or no frauds (or nothing else) to be judged by.")
    if (missing := int(rows.day.min()) + HORIZON - split.first) > 0:
        report(f"Histories are not full: the file begins {missing} days too late for the first day of training.")
    rankings = rank(rows, train, labelled, test, seed, report)
    results = {
        name: metrics.measures(score, fraud[test], card[test], rows.day[test]) for name, score in rankings.items()
    }
    counts = {"train": len(train), "test": len(test), "test_frauds": int(fraud[test].sum())}
    return {"rows": counts, "results": results}


def check(split: Split) -> None:
    if not split.train_from <= split.train_to < split.test_from <= split.test_to:
        raise Invalid("Training ends before the test begins, and each begins before it ends.")
    if split.delay < 0:
        raise Invalid("A label is not known before its transaction.")
    if split.test_from - split.train_to - 1 < 0:
        raise Invalid("Training and test overlap.")


def rank(rows: EvaluationRows, train: Any, labelled: Any, test: Any, seed: int, report: Report) -> dict[str, Scores]:
    """A score for each test row, by each of what is evaluated; higher is more suspicious."""
    needed = np.unique(np.concatenate([train, labelled, test]))
    report(f"Features of {len(needed):,} rows")
    history = statistics(rows.history, rows.outcomes, needed)
    matrix = derive(rows.minor[needed], rows.unit[needed], rows.history.time[needed], rows.incoming[needed], history)

    def of(chosen: Any) -> NDArray[np.float32]:
        own: NDArray[np.float32] = matrix[np.searchsorted(needed, chosen)]
        return own

    report("Ensemble")
    fitted = ensemble.fit_ensemble(of(train), ACCOUNT.indexes(RISK7), EnsembleSettings(seed=seed))
    parts = fitted.parts(of(test))
    report("Supervised")
    ranker = boosting.fit_ranker(
        of(labelled), rows.suspicious[labelled], ACCOUNT.indexes(SUPERVISED), BoostingSettings(seed=seed)
    )
    score = ranker.score(of(test))
    return {
        "isolation_forest": parts["if_score"],
        "pca_autoencoder": parts["pca_error"],
        "ensemble": parts["z"],
        "supervised": score,
        "decision": decision(rows, test, score),
        "amount_baseline": rows.minor[test] / rows.unit[test],
    }


def decision(rows: EvaluationRows, test: Any, score: Scores) -> Scores:
    """The order in which people would see them: what a rule demands first, then by the score of the re-ranker."""
    floor = np.zeros(len(test))
    currency = [rows.currency[index] for index in test]
    columns = Columns(rows.minor[test].tolist(), currency, (), ())
    for each in sorted(set(currency)):
        parameters = {"currency": each, "review_at": "10000", "block_at": "50000"}
        for index, finding in scenarios.evaluate(RuleKind.AMOUNT, columns, parameters).items():
            floor[index] = SEVERITY[Outcome(finding.severity)]
    return floor + score
