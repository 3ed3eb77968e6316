"""From what came in to a model version that is ready to be published: the same frame for both roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from finobs.core import clock
from finobs.core.errors import Invalid
from finobs.core.jobs.progress import ProgressCallback
from transactions.models import Source

from ...choices import ModelRole
from ...features import ACCOUNT
from ...features.account import microseconds
from ...models import ModelVersion
from . import anomaly, dataset, supervised
from .anomaly import TrainedModel
from .dataset import TrainingRows

DEFAULT_SHARE, DEFAULT_SEED = 0.005, 7
# At most so many rows are read. The supervised model's are of seven weeks.
MAX_ROWS = {ModelRole.ANOMALY: 200_000, ModelRole.SUPERVISED: 500_000}
MODEL_KINDS = {ModelRole.ANOMALY: "ensemble", ModelRole.SUPERVISED: "supervised"}


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What was asked for. rows: at most; 0 is as many as usual. share: of the traffic that people can review."""

    role: str
    source: Source | None
    rows: int = 0
    share: float = DEFAULT_SHARE
    seed: int = DEFAULT_SEED


def train_candidate(user: Any, wanted: TrainingRequest, tell: ProgressCallback) -> ModelVersion:
    """Read what `user` may see, fit, check; a version that is not saved yet. Takes long, and holds no lock.

    Raises Invalid for a role that there is not, too few rows or outcomes, or a model that does not agree with its
    graph or cannot be explained.
    """
    rows, trained = _TRAINERS[role_of(wanted.role)](user, wanted, tell)
    return ModelVersion(
        role=wanted.role, kind=MODEL_KINDS[ModelRole(wanted.role)], feature_set=ACCOUNT.name, metrics=trained.metrics,
        parameters={**trained.parameters, "source": wanted.source.slug if wanted.source else None},
        training_rows=len(trained.learned), trained_from=_moment(rows.occurred[trained.learned].min()),
        trained_to=_moment(rows.occurred[trained.learned].max()), threshold=trained.threshold,
        artefact=trained.artefact, sha256=trained.sha256,
    )  # fmt: skip


def role_of(text: str) -> ModelRole:
    """Raises Invalid."""
    if text not in ModelRole.values:
        raise Invalid(fields={"role": [f"{text!r} is no role of a model."]})
    return ModelRole(text)


def _anomaly(user: Any, wanted: TrainingRequest, tell: ProgressCallback) -> tuple[TrainingRows, TrainedModel]:
    most = wanted.rows or MAX_ROWS[ModelRole.ANOMALY]
    rows = dataset.read_training_rows(user, ACCOUNT, source=wanted.source, most=most, tell=tell)
    settings = anomaly.AnomalySettings(share=wanted.share, seed=wanted.seed)
    return rows, anomaly.train_anomaly(rows.matrix, ACCOUNT, settings, tell)


def _supervised(user: Any, wanted: TrainingRequest, tell: ProgressCallback) -> tuple[TrainingRows, TrainedModel]:
    settings = supervised.SupervisedSettings(share=wanted.share, seed=wanted.seed)
    as_of, now = dataset.newest_transaction_at(user, wanted.source), clock.now()
    most = wanted.rows or MAX_ROWS[ModelRole.SUPERVISED]
    rows = dataset.read_training_rows(
        user, ACCOUNT, source=wanted.source, most=most, after=settings.since(as_of), until=as_of, tell=tell
    )
    newest, present = (int(each) for each in microseconds([as_of, now]))
    known = dataset.known_since(rows)
    return rows, supervised.train_supervised(rows, known, newest, present, settings, tell)


_TRAINERS: dict[ModelRole, Callable[[Any, TrainingRequest, ProgressCallback], tuple[TrainingRows, TrainedModel]]] = {
    ModelRole.ANOMALY: _anomaly, ModelRole.SUPERVISED: _supervised
}  # fmt: skip


def _moment(at: Any) -> datetime:
    return datetime.fromtimestamp(int(at) / 1e6, UTC)
