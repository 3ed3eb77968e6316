"""What somebody may do with an incident or a case, and with many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from finobs.core import access

from .. import workflow
from ..choices import CaseStatus, ItemKind
from ..models import Incident, Queue, WorkItem
from .items import incidents_visible, with_names


@dataclass(frozen=True, slots=True)
class AvailableAction:
    """One button: what it is, and why it cannot be pressed now (empty: it can)."""

    name: str
    label: str
    key: str
    enabled: bool
    why_not: str
    needs_reason: bool
    needs_approval: bool


def item_actions(user: Any, item: WorkItem) -> list[AvailableAction]:
    """What `user` may do with the item, from its workflow table. What is never theirs is left out."""
    # Asked once for each permission, not once for each button.
    allowed = {permission: access.allowed(user, permission, item) for permission in ("work", "lead")}
    if not any(allowed.values()):
        return []
    holding = workflow.holding_of(item.current_lease, user)
    actions = []
    for step in workflow.HUMAN_STEPS[item.KIND]:
        if allowed[step.permission]:
            why_not = workflow.refusal(step.action, status=item.status, holding=holding, kind=item.KIND)
            actions.append(
                AvailableAction(
                    name=step.action, label=step.label, key=step.key, enabled=not why_not, why_not=why_not,
                    needs_reason=step.needs_reason, needs_approval=step.needs_approval,
                )
            )  # fmt: skip
    return actions


@dataclass(frozen=True, slots=True)
class BulkClosePreview:
    """closable: what would be closed; skipped: what would be left as it is, and why."""

    closable: list[Incident]
    skipped: list[tuple[Incident, str]]

    @property
    def waiting(self) -> list[Incident]:
        """Those to be closed that wait for an answer from outside."""
        return [each for each in self.closable if each.status == CaseStatus.WAITING]


def bulk_close_preview(user: Any, queue: Queue, references: Sequence[str]) -> BulkClosePreview:
    """What closing these incidents of a queue at once would do. References that are none of it are left out."""
    rows = incidents_visible(user).filter(queue=queue, reference__in=references)
    may_work = access.allowed(user, "work", queue)
    preview = BulkClosePreview([], [])
    for incident in with_names(user, rows).order_by("-priority", "-id"):
        holding = workflow.holding_of(incident.current_lease, user)
        why = workflow.refusal("close", status=incident.status, holding=holding, kind=ItemKind.INCIDENT)
        why = why or ("" if may_work else "You may not work this queue.")
        if why:
            preview.skipped.append((incident, why))
        else:
            preview.closable.append(incident)
    return preview
