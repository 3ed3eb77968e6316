"""Model versions: trained, and saved as candidates. Nothing of a version changes afterwards but its stage."""

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
from ..publication import require_publishable
from ..settings import DEFAULT_SEED, DEFAULT_SHARE, TrainingRequest


def model_train(
    *,
    actor: User,
    role: str = ModelRole.ANOMALY,
    source: Source | None = None,
    rows: int = 0,
    share: float = DEFAULT_SHARE,
    seed: int = DEFAULT_SEED,
    progress: ProgressCallback = no_progress,
) -> ModelVersion:
    """Train a candidate at once, on the newest `rows` transactions of `source` (0: as many as usual; None: all).

    The threshold is set so that `share` of what comes in would go to review. Fits outside any transaction of its own,
    so that nobody waits for it; then publishes. `training_request` leaves it to a worker instead. Who may:
    `model:retrain`. Records `model.train`. Raises Invalid for too few rows or outcomes, and as `model_publish` does.
    """
    # The border of what is heavy: whoever only asks for a training loads none of it.
    from ..pipeline import train_candidate

    access.require(actor, "train", ModelVersion)
    request = TrainingRequest(role=role, source=source, rows=rows, share=share, seed=seed)
    return model_publish(actor=actor, version=train_candidate(actor, request, progress))


@service
def model_publish(*, actor: User, version: ModelVersion, run: int | None = None) -> ModelVersion:
    """Save a version that was just trained as a candidate of `actor` (in training run `run`).

    Who may: `model:retrain`. Records `model.train`. Raises Invalid for a model that flags nothing or everything, or
    was never shown to agree with its graph.
    """
    access.require(actor, "train", ModelVersion)
    require_publishable(version.metrics)
    newest = ModelVersion.objects.filter(kind=version.kind).aggregate(number=Max("number"))["number"] or 0
    version.number, version.created_by = newest + 1, actor
    history.save(version, actor=actor, reason="trained")
    data: dict[str, Any] = {
        "model": str(version), "role": str(version.role), "sha256": version.sha256, "feature_set": version.feature_set,
        "rows": version.training_rows, "threshold": repr(version.threshold), "parameters": version.parameters,
        **({"training_run": str(run)} if run else {}),
    }  # fmt: skip
    record(actor=actor, action="model.train", subject=version, data=data)
    return version
