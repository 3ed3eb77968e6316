"""The stages of a model version: watching, challenging, in force, retired. See `workflow.STEPS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.core import access, gate, history
from finobs.core.errors import Conflict, Invalid, NotAllowed, NotFound
from finobs.core.reasons import optional_reason, require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ... import features
from ...choices import ModelStage
from ...models import ModelVersion
from .. import scoring
from ..training.publication import refusal
from . import workflow
from .queries import ever_in_force

if TYPE_CHECKING:
    from approvals.models import ApprovalRequest
    from approvals.registry import Approval


@service
def model_shadow(
    *, actor: User, model_version: ModelVersion, reason: str = "", version: int | None = None
) -> ModelVersion:
    """Let a version score everything that comes in, and decide nothing.

    Who may: `model:config`. Records `model.shadow`. Raises InvalidTransition, Stale, and Invalid for a model
    that could not be put in force either.
    """
    row = _lock(model_version)
    access.require(actor, "change", row)
    require_version(row, version)
    stage = workflow.check("shadow", row.stage)
    _require_sound(row)
    return _move(row, stage, actor, "model.shadow", optional_reason(reason))


@service
def model_challenge(
    *, actor: User, model_version: ModelVersion, reason: str = "", version: int | None = None
) -> ModelVersion:
    """Make a version the challenger of its role; the one before is retired. It decides nothing.

    Who may: `model:config`. Records `model.challenge`, and `model.retire` for the one before. Raises as `model_shadow`.
    """
    row = _lock(model_version)
    access.require(actor, "change", row)
    require_version(row, version)
    stage = workflow.check("challenge", row.stage)
    _require_sound(row)
    _replace(row, ModelStage.CHALLENGER, actor)
    return _move(row, stage, actor, "model.challenge", optional_reason(reason))


@service
def model_promote(
    *, actor: User, model_version: ModelVersion, reason: str = "", version: int | None = None
) -> NoReturn:
    """Propose to put a version in force; it is, once somebody else has approved (see `promote_approved`).

    A retired version can be put in force again: that is the way back. Who may: `model:config`. Gate:
    detection.model_promote. Records `approval.request`. Raises ApprovalRequired when all is well, Stale,
    InvalidTransition if it is in force already, Invalid without a reason or for a model that flags nothing or
    everything, Unavailable if its artefact is not the one that was published.
    """
    row = _lock(model_version)
    access.require(actor, "change", row)
    require_version(row, version)
    workflow.check("promote", row.stage)
    _require_sound(row)
    payload = {"reason": require_reason(reason)}
    gate.require_approval(actor=actor, action=workflow.PROMOTE, subject=row, payload=payload)


@service
def promote_approved(request: ApprovalRequest, approval: Approval) -> None:
    """Put the locked version in force as approved, as its requester. Called by approvals in the deciding vote.

    Who may: `model:config`, still. Records `model.promote`, and `model.retire` for the one of its role before. Raises
    as `model_promote` does.
    """
    actor, version = request.requested_by, approval.subject
    access.require(actor, "change", version)
    stage = workflow.check("promote", version.stage)
    _require_sound(version)
    _replace(version, ModelStage.CHAMPION, actor)
    _move(version, stage, actor, "model.promote", request.payload["reason"], approval.id)


@service
def model_retire(
    *, actor: User, model_version: ModelVersion, reason: str = "", version: int | None = None
) -> ModelVersion:
    """Take a version out of use. The one in force only once somebody else has approved (see `retire_approved`).

    Who may: `model:config`. Gate, for the one in force: detection.model_retire. Records `model.retire`, or
    `approval.request`. Raises ApprovalRequired, Stale, Invalid without the reason that approvers read,
    InvalidTransition if it is retired already.
    """
    row = _lock(model_version)
    access.require(actor, "change", row)
    require_version(row, version)
    stage = workflow.check("retire", row.stage)
    if workflow.BY_ACTION["retire"].needs_approval(row.stage):
        payload = {"reason": require_reason(reason)}
        gate.require_approval(actor=actor, action=workflow.RETIRE, subject=row, payload=payload)
    return _move(row, stage, actor, "model.retire", optional_reason(reason))


@service
def retire_approved(request: ApprovalRequest, approval: Approval) -> None:
    """Take the locked version out of force as approved, as its requester. Called by approvals in the deciding vote.

    Without it, rules and the other role's model decide. Who may: `model:config`, still. Records `model.retire`. Raises
    as `model_retire` does.
    """
    actor, version = request.requested_by, approval.subject
    access.require(actor, "change", version)
    stage = workflow.check("retire", version.stage)
    _move(version, stage, actor, "model.retire", request.payload["reason"], approval.id)


@service
def model_install(*, actor: User, model_version: ModelVersion, reason: str) -> ModelVersion:
    """Put an installation's first version of a role in force, before there is anybody who could approve.

    Who may: finobs itself, and only while no version of that role was ever in force. Records `model.install`. Raises
    NotAllowed, Conflict, InvalidTransition, Invalid.
    """
    version = _lock(model_version)
    if actor.kind != UserKind.SYSTEM:
        raise NotAllowed("Only finobs itself installs a first model. Propose to put it in force instead.")
    stage = workflow.check("install", version.stage)
    if ever_in_force(version.role):
        raise Conflict(f"A model of the role {version.role} was in force before: another one needs an approval.")
    _require_sound(version)
    return _move(version, stage, actor, "model.install", reason)


STAGE_SERVICES = {
    "shadow": model_shadow, "challenge": model_challenge, "promote": model_promote, "retire": model_retire
}  # fmt: skip


def _lock(version: ModelVersion) -> ModelVersion:
    locked = ModelVersion.objects.select_for_update(of=("self",)).filter(pk=version.pk).first()
    if locked is None:
        raise NotFound
    return locked


def _require_sound(version: ModelVersion) -> None:
    """Raises Invalid for what tells nobody where to look, Unavailable for an artefact that is not the published one."""
    if why := refusal(version.metrics):
        raise Invalid(why)
    features.get(version.feature_set)
    scoring.verified_artefact(bytes(version.artefact), version.sha256)


def _replace(version: ModelVersion, stage: ModelStage, actor: User) -> None:
    """Retire whatever of the same role is at `stage` now."""
    present = ModelVersion.objects.select_for_update(of=("self",)).filter(role=version.role, stage=stage)
    for before in present.exclude(pk=version.pk):
        _move(before, ModelStage.RETIRED, actor, "model.retire", f"replaced by {version}")


def _move(
    version: ModelVersion, stage: ModelStage, actor: User, action: str, reason: str, approval: int = 0
) -> ModelVersion:
    before, version.stage = version.stage, stage
    history.save(version, actor=actor, reason=reason)
    data = {"model": str(version), "sha256": version.sha256, "before": str(before), "reason": reason}
    if approval:
        data["approval"] = str(approval)
    record(actor=actor, action=action, subject=version, data=data)
    gate.subject_changed(actor=actor, subject=version)
    return version
