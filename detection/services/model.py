"""Model versions: trained, put in force, retired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from finobs.accounts.models import User
from finobs.core import access, dispatch
from finobs.core.errors import Invalid, NotFound
from finobs.core.service import service
from finobs.ledger.services import record
from transactions.models import Source

from .. import features, scoring, training, workflow
from ..choices import Stage
from ..models import ModelVersion
from ..training import Settings, Trained

KIND = "ensemble"
ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Window:
    """What a model learned from."""

    source: Source | None
    rows: int
    first: datetime
    last: datetime


def model_train(
    *, actor: User, source: Source | None = None, rows: int = ROWS, share: float = 0.005, seed: int = 7
) -> ModelVersion:
    """Train a candidate on the newest `rows` transactions of `source` (all sources without one).

    The threshold is set so that `share` of them would go to review. Fits outside any transaction of its own, so
    that nobody waits for it; then publishes. Who may: `model:retrain`. Records `model.train`.
    Raises Invalid for too few rows, or a graph that differs from what was fitted.
    """
    from ..selectors import training_rows

    access.require(actor, "train", ModelVersion)
    matrix, first, last = training_rows(actor, features.ACCOUNT, source=source, rows=rows)
    trained = training.train(matrix, features.ACCOUNT, Settings(share=share, seed=seed))
    return model_publish(actor=actor, trained=trained, window=Window(source, len(matrix), first, last))


@service
def model_publish(*, actor: User, trained: Trained, window: Window) -> ModelVersion:
    """Keep what was trained as a candidate. Who may: `model:retrain`. Records `model.train`."""
    access.require(actor, "train", ModelVersion)
    newest = ModelVersion.objects.filter(kind=KIND).aggregate(number=Max("number"))["number"] or 0
    made = ModelVersion(
        kind=KIND, number=newest + 1, feature_set=features.ACCOUNT.name, parameters=trained.parameters,
        metrics=trained.metrics, training_rows=window.rows, trained_from=window.first, trained_to=window.last,
        threshold=trained.threshold, artefact=trained.artefact, sha256=trained.sha256, created_by=actor,
    )  # fmt: skip
    made.parameters["source"] = window.source.slug if window.source else None
    _save(made, actor, "trained")
    data = {
        "model": str(made), "sha256": made.sha256, "feature_set": made.feature_set, "rows": made.training_rows,
        "threshold": repr(made.threshold), "parameters": made.parameters,
    }  # fmt: skip
    record(actor=actor, action="model.train", subject=made, data=data)
    return made


@service
def model_train_start(*, actor: User, source: Source | None = None) -> None:
    """Ask a worker to train a candidate. Who may: `model:retrain`. Records `model.train_start`."""
    access.require(actor, "train", ModelVersion)
    subject = source or ("detection.modelversion", "new")
    record(actor=actor, action="model.train_start", subject=subject, data={"source": source.slug if source else None})
    dispatch.on_commit("detection.tasks.train_model", actor.pk, source.pk if source else 0)


@service
def model_promote(*, actor: User, version: ModelVersion, reason: str = "") -> ModelVersion:
    """Put a version in force; the one before is retired.

    Who may: `model:config`. Records `model.promote`, and `model.retire` for the one before.
    Raises InvalidTransition if it is in force already, Invalid for a model that flags nothing or everything, or
    whose artefact is not the one that was published.
    """
    before = _lock_champion()
    version = _lock(version)
    access.require(actor, "change", version)
    stage = workflow.check("promote", version.stage)
    if why := training.refusal(version.metrics):
        raise Invalid(why)
    features.get(version.feature_set)
    scoring.checked(bytes(version.artefact), version.sha256)
    if before is not None:
        _move(before, Stage.RETIRED, actor, "model.retire", f"replaced by {version}")
    return _move(version, stage, actor, "model.promote", reason)


@service
def model_retire(*, actor: User, version: ModelVersion, reason: str = "") -> ModelVersion:
    """Take a version out of use; without a champion, rules alone decide.

    Who may: `model:config`. Records `model.retire`. Raises InvalidTransition if it is retired already.
    """
    version = _lock(version)
    access.require(actor, "change", version)
    return _move(version, workflow.check("retire", version.stage), actor, "model.retire", reason)


def _lock(version: ModelVersion) -> ModelVersion:
    found = ModelVersion.objects.select_for_update(of=("self",)).filter(pk=version.pk).first()
    if found is None:
        raise NotFound
    return found


def _lock_champion() -> ModelVersion | None:
    return ModelVersion.objects.select_for_update(of=("self",)).filter(stage=Stage.CHAMPION).first()


def _move(version: ModelVersion, stage: Stage, actor: User, action: str, reason: str) -> ModelVersion:
    before, version.stage = version.stage, stage
    _save(version, actor, reason)
    data = {"model": str(version), "sha256": version.sha256, "before": str(before), "reason": reason}
    record(actor=actor, action=action, subject=version, data=data)
    return version


def _save(version: ModelVersion, actor: User, why: str) -> None:
    version._history_user = actor  # type: ignore[attr-defined]
    version._change_reason = why[:100]  # type: ignore[attr-defined]
    version.save()
