from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from finobs.accounts.models import User
from finobs.core import access, context, history
from finobs.core.db.locks import wait_for_lock
from finobs.core.errors import Conflict, Invalid, NotFound
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..choices import PolicyKind
from ..models import WorkPolicy, WorkPolicyVersion
from ..policies import shipped
from ..policies.contents import read_content
from ..policies.differences import differences, digest
from .work_policy_checks import PROGRAMME_PARTS, require_valid

MAX_SLUG_LENGTH = 60


@service
def work_policy_change(
    *, actor: User, policy: WorkPolicy, content: Mapping[str, Any], reason: str, version: int | None = None
) -> WorkPolicyVersion:
    """Put a new version of a policy in force, for what comes from now on.

    `policy`: a row, or an unsaved one of a policy that nobody has changed (its version is 1). Codes of a programme are
    never removed, only set inactive; a typology is of one programme. Who: system:config. Records: work_policy.change
    with the digest of the document and what changed. Raises: NotFound, NotAllowed, Invalid by field path
    ("content.rules.0.queue"), Stale.
    """
    return _change(actor, policy, content, reason, version, action="work_policy.change")


@service
def work_policy_revert(
    *, actor: User, policy: WorkPolicy, number: int, reason: str, version: int | None = None
) -> WorkPolicyVersion:
    """Put what an earlier version said in force again, as a new version; number 0: what finobs ships.

    Codes of a programme that are newer than that version stay, inactive.
    Who: system:config. Records: work_policy.revert. Raises: NotFound, NotAllowed, Invalid, Stale.
    """
    access.require(actor, "change", policy)
    content = content_of(policy, number)
    if content is None:
        raise Invalid(fields={"number": [f"There is no version {number}."]})
    return _change(
        actor, policy, content, reason, version, action="work_policy.revert", keeps_codes=True, reverts_to=number
    )


@service
def programme_create(*, actor: User, slug: str, content: Mapping[str, Any], reason: str) -> WorkPolicyVersion:
    """Make a programme, whose first version is in force at once.

    Who: system:config. Records: work_policy.create. Raises: NotAllowed, Invalid, Conflict for a slug that is taken.
    """
    access.require(actor, "change", WorkPolicy)
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise Invalid(fields={"slug": error.messages}) from error
    if len(slug) > MAX_SLUG_LENGTH:
        raise Invalid(fields={"slug": [f"At most {MAX_SLUG_LENGTH} characters."]})
    is_shipped = any(slug == each for _, each in shipped.CONTENTS)
    if is_shipped or WorkPolicy.objects.filter(slug=slug).exists():
        raise Conflict(f"There is a policy {slug!r} already.")
    policy = WorkPolicy(kind=PolicyKind.PROGRAMME, slug=slug)
    return _change(actor, policy, content, reason, None, action="work_policy.create")


def content_of(policy: WorkPolicy, number: int) -> Mapping[str, Any] | None:
    """What a version says; 0: what finobs ships. None where there is no such version."""
    if number == 0:
        return shipped.CONTENTS.get((policy.kind, policy.slug))
    rows = WorkPolicyVersion.objects.filter(policy=policy.pk, number=number) if policy.pk else None
    content: Mapping[str, Any] | None = rows.values_list("content", flat=True).first() if rows is not None else None
    return content


def _change(
    actor: User, policy: WorkPolicy, content: Mapping[str, Any], reason: str, version: int | None, *, action: str,
    keeps_codes: bool = False, **more: Any,
) -> WorkPolicyVersion:  # fmt: skip
    if policy.kind == PolicyKind.PROGRAMME:
        # A typology is of one of them: two that change at once would each find it free.
        wait_for_lock("cases.programmes")
    locked = _lock(policy)
    access.require(actor, "change", locked)
    require_version(locked, version)
    reason = require_reason(reason)
    live = locked.live
    before = live.content if live is not None else shipped.CONTENTS.get((locked.kind, locked.slug))
    if keeps_codes and before is not None and locked.kind == PolicyKind.PROGRAMME:
        content = _with_newer_codes(content, before)
    after = read_content(locked.kind, content)
    require_valid(locked.kind, locked.slug, after, before)
    if before == after:
        raise Invalid("This is in force; nothing would change.")
    locked.name = after["name"] if locked.kind == PolicyKind.PROGRAMME else policy.name
    if locked._state.adding:
        history.save(locked, actor=actor, reason="Made")
    newest = locked.versions.values_list("number", flat=True).first() or 0
    new_version = WorkPolicyVersion.objects.create(
        policy=locked, number=newest + 1, content=after, reason=reason, created_by=actor
    )
    locked.live = new_version
    history.save(locked, actor=actor, reason=reason)
    context.forget_memo()
    data = {
        "policy": locked.slug, "kind": str(locked.kind), "number": new_version.number, "digest": digest(after),
        "differences": [each._asdict() for each in differences(before or {}, after)], "reason": reason, **more,
    }  # fmt: skip
    record(actor=actor, action=action, subject=locked, data=data)
    return new_version


def _with_newer_codes(content: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """An earlier document of a programme, and the codes that came after it: they are in use, and stay inactive."""
    merged = dict(content)
    for part in PROGRAMME_PARTS:
        codes = {row["code"] for row in content[part]}
        newer = [{**row, "active": False} for row in before[part] if row["code"] not in codes]
        merged[part] = [*content[part], *newer]
    return merged


def _lock(policy: WorkPolicy) -> WorkPolicy:
    """The policy as it is now, locked; unsaved where nobody has changed it. Raises NotFound."""
    rows = WorkPolicy.objects.select_for_update(of=("self",)).select_related("live")
    locked = rows.filter(slug=policy.slug).first()
    if locked is not None:
        return locked
    if not policy._state.adding:
        raise NotFound
    return policy
