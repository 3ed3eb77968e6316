"""Model versions: learned, and kept as candidates. Nothing of a version changes afterwards but its stage."""

from __future__ import annotations

from typing import Any

from django.db.models import Max

from finobs.accounts.models import User
from finobs.core import access, history
from finobs.core.jobs.progress import ProgressCallback, no_progress
from finobs.core.service import service
from finobs.ledger.services import record
from transactions.models import Source

from ....choices import ModelRole
from ....models import ModelVersion
from .. import anomaly
from ..pipeline import DEFAULT_SEED, DEFAULT_SHARE, TrainingRequest, train_candidate


def model_train(
    *,
    actor: User,
    role: str = ModelRole.ANOMALY,
    source: Source | None = None,
    rows: int = 0,
    share: float = DEFAULT_SHARE,
    seed: int = DEFAULT_SEED,
    tell: ProgressCallback = no_progress,
) -> ModelVersion:
    """Train a candidate at once, on the newest `rows` transactions of `source` (0: as many as usual; None: all).

    The threshold is set so that `share` of what comes in would go to review. Fits outside any transaction of its own,
    so that nobody waits for it; then publishes. `training_request` leaves it to a worker instead. Who may:
    `model:retrain`. Records `model.train`. Raises Invalid for too few rows or outcomes, and as `model_publish` does.
    """
    access.require(actor, "train", ModelVersion)
    wanted = TrainingRequest(role=role, source=source, rows=rows, share=share, seed=seed)
    return model_publish(actor=actor, made=train_candidate(actor, wanted, tell))


@service
def model_publish(*, actor: User, made: ModelVersion, run: int | None = None) -> ModelVersion:
    """Keep what was learned as a candidate, made by `actor` (in training run `run`).

    Who may: `model:retrain`. Records `model.train`. Raises Invalid for a model that flags nothing or everything, or
    was never shown to agree with its graph.
    """
    access.require(actor, "train", ModelVersion)
    anomaly.require_publishable(made.metrics)
    newest = ModelVersion.objects.filter(kind=made.kind).aggregate(number=Max("number"))["number"] or 0
    made.number, made.created_by = newest + 1, actor
    history.save(made, actor=actor, reason="trained")
    data: dict[str, Any] = {
        "model": str(made), "role": str(made.role), "sha256": made.sha256, "feature_set": made.feature_set,
        "rows": made.training_rows, "threshold": repr(made.threshold), "parameters": made.parameters,
        **({"training_run": str(run)} if run else {}),
    }  # fmt: skip
    record(actor=actor, action="model.train", subject=made, data=data)
    return made
