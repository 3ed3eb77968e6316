"""Closing a case under four eyes: what approvers are shown, and what waiting does to the case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from approvals.models import ApprovalRequest
from approvals.registry import ApprovalAction
from detection.choices import Typology
from finobs.accounts.models import User

from .choices import Disposition, ReasonCode
from .models import Case
from .services.case_close import CLOSE_ACTION, case_await_approval, case_reopen, close_approved


def snapshot(case: Case, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The content that is approved. Status, priority and lease are left out: they change without changing it."""
    return {
        "case": case.reference,
        "account": case.account.external_id,
        "typology": case.typology,
        "alerts": [str(pk) for pk in case.case_alerts.order_by("alert_id").values_list("alert_id", flat=True)],
        "notes": [{"id": str(note.pk), "sha256": note.sha256} for note in case.notes.order_by("pk")],
        "disposition": payload["disposition"],
        "reason_code": payload["reason_code"],
        "rationale": payload["rationale"],
    }


def last_editor(case: Case) -> User | None:
    return case.last_edited_by


def on_request(request: ApprovalRequest, case: Case) -> None:
    case_await_approval(actor=request.requested_by, case=case)


def on_end(request: ApprovalRequest, case: Case, actor: User) -> None:
    case_reopen(actor=actor, case=case, reason=f"Approval {request.get_state_display().lower()}")


def case_url(request: ApprovalRequest) -> str:
    return reverse("cases:case-detail", args=[request.subject_label])


def approver_summary(snapshot: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The snapshot as an approver reads it. Notes are bound by their text, alerts by their number in the ledger."""
    alerts, notes = len(snapshot["alerts"]), len(snapshot["notes"])
    return [
        ("Disposition", str(Disposition(snapshot["disposition"]).label)),
        ("Reason", str(ReasonCode(snapshot["reason_code"]).label)),
        ("Rationale", snapshot["rationale"]),
        ("Case", f"{snapshot['case']}: {Typology(snapshot['typology']).label}, account {snapshot['account']}"),
        ("On the ground of", f"{alerts} alert{'s'[: alerts != 1]} and {notes} note{'s'[: notes != 1]}"),
    ]


def action() -> ApprovalAction:
    return ApprovalAction(
        name=CLOSE_ACTION, label="Close case", subject_model=Case, decide_action="lead", snapshot=snapshot,
        last_editor=last_editor, execute=close_approved, on_request=on_request, on_end=on_end, url=case_url,
        approver_summary=approver_summary,
    )  # fmt: skip
