"""From what came in to a model version that is ready to be published: the same frame for both roles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from finobs.core import clock
from finobs.core.jobs.progress import ProgressCallback

from ...choices import ModelRole
from ...features import ACCOUNT
from ...features.account import microseconds
from ...models import ModelVersion
from . import anomaly, dataset, supervised
from .anomaly import TrainedModel
from .dataset import TrainingRows
from .selectors import newest_transaction_at
from .settings import AnomalySettings, SupervisedSettings, TrainingRequest, role_of

MODEL_KINDS: Final = {ModelRole.ANOMALY: "ensemble", ModelRole.SUPERVISED: "supervised"}
Trainer = Callable[[Any, TrainingRequest, ProgressCallback], tuple[TrainingRows, TrainedModel]]


def train_candidate(user: Any, request: TrainingRequest, progress: ProgressCallback) -> ModelVersion:
    """Read what `user` may see, fit, check; a version that is not saved yet. Takes long, and holds no lock.

    Raises Invalid for a role that there is not, too few rows or outcomes, or a model that does not agree with its
    graph or cannot be explained.
    """
    rows, trained = _TRAINERS[role_of(request.role)](user, request, progress)
    occurred = rows.occurred[trained.learned]
    return ModelVersion(
        role=request.role, kind=MODEL_KINDS[ModelRole(request.role)], feature_set=ACCOUNT.name,
        parameters={**trained.parameters, "source": request.source.slug if request.source else None},
        metrics=trained.metrics, training_rows=len(occurred), trained_from=_moment(occurred.min()),
        trained_to=_moment(occurred.max()), threshold=trained.threshold, artefact=trained.artefact,
        sha256=trained.sha256,
    )  # fmt: skip


def _anomaly(user: Any, request: TrainingRequest, progress: ProgressCallback) -> tuple[TrainingRows, TrainedModel]:
    rows = dataset.read_training_rows(
        user, ACCOUNT, source=request.source, max_rows=request.max_rows, progress=progress
    )
    settings = AnomalySettings(share=request.share, seed=request.seed)
    return rows, anomaly.train_anomaly(rows.matrix, ACCOUNT, settings, progress)


def _supervised(user: Any, request: TrainingRequest, progress: ProgressCallback) -> tuple[TrainingRows, TrainedModel]:
    settings = SupervisedSettings(share=request.share, seed=request.seed)
    as_of, now = newest_transaction_at(user, request.source), clock.now()
    rows = dataset.read_training_rows(
        user, ACCOUNT, source=request.source, max_rows=request.max_rows, after=settings.since(as_of), until=as_of,
        progress=progress,
    )  # fmt: skip
    newest, present = (int(each) for each in microseconds([as_of, now]))
    known_at = dataset.known_suspicious_at(rows)
    return rows, supervised.train_supervised(rows, known_at, newest, present, settings, progress)


_TRAINERS: Final[dict[ModelRole, Trainer]] = {ModelRole.ANOMALY: _anomaly, ModelRole.SUPERVISED: _supervised}


def _moment(at: Any) -> datetime:
    return datetime.fromtimestamp(int(at) / 1e6, UTC)
