"""The demo's models: one trained on the first part of the rows; one, for the last part, on the outcomes until then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from detection.bootstrap import ensure_first_model
from detection.choices import ModelRole
from detection.ml.estimators.settings import MIN_CONFIRMED
from detection.ml.training.services.training_due import mature_outcomes
from detection.ml.training.settings import MIN_ROWS
from detection.models import ModelVersion
from finobs.accounts.models import User
from finobs.core.jobs.choices import JobState

# Of the demo's rows, so many of the last ones go to review: enough to work on, few enough to work through. The
# supervised model finds most of what is wrong among half as many: at more its threshold would be that of noise.
REVIEW_SHARES: Final = {ModelRole.ANOMALY: 0.005, ModelRole.SUPERVISED: 0.003}
# Most of what it learns from has a month behind it, as everything has afterwards.
ANOMALY_TRAINING_SHARE: Final = 0.45
MAX_TRAINING_ROWS: Final = 100_000
# What comes in after this part is scored by both models, so that there are alerts to compare them on.
SUPERVISED_TRAINING_SHARE: Final = 0.8


def anomaly_training_rows(total: int) -> int:
    """How many rows come in before the model is trained."""
    return min(int(total * ANOMALY_TRAINING_SHARE), MAX_TRAINING_ROWS)


def ensure_champion(actor: User, report: Callable[[str], None]) -> None:
    """Train and install unless one was. Too few rows leave the rules to decide alone, and are no fault."""
    _ensure(actor, ModelRole.ANOMALY, report, "The rules decide alone.")


def supervised_training_rows(total: int) -> int:
    """How many rows come in before a model learns from outcomes."""
    return int(total * SUPERVISED_TRAINING_SHARE)


def ensure_supervised_early(actor: User, report: Callable[[str], None]) -> None:
    """Before the last part comes in, unless outcomes are few: a training that failed is not repeated."""
    if len(mature_outcomes(actor)) >= 2 * MIN_CONFIRMED:
        ensure_supervised(actor, report)


def ensure_supervised(actor: User, report: Callable[[str], None]) -> None:
    """Once everything is in: learn from the outcomes that are known, if they are enough."""
    _ensure(actor, ModelRole.SUPERVISED, report, "No model learns from outcomes yet.")


def _ensure(actor: User, role: ModelRole, report: Callable[[str], None], without: str) -> None:
    """Whoever worked on it before is dead: the demo runs once on its data."""
    before = ModelVersion.objects.filter(role=role).exists()
    run = ensure_first_model(actor=actor, role=role, least=MIN_ROWS, share=REVIEW_SHARES[role], abandoned=True)
    if run is None:
        if not before:
            report(f"No {role.label.lower()} model: too few transactions. {without}")
    elif run.state != JobState.DONE:
        report(f"No {role.label.lower()} model: {run.error} {without}")
    elif not before and run.model_version:
        rows = f"{run.model_version.training_rows:,} transactions"
        report(f"{run.model_version} learned from {rows}, and is in force from here on.")
