"""Closing a case under four eyes: what approvers are shown, and what waiting does to the case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from approvals.choices import RequestState
from approvals.models import ApprovalRequest
from approvals.registry import ApprovalAction
from detection.choices import Typology
from finobs.accounts.models import User
from finobs.core.errors import Invalid

from .choices import REASONS_BY_DISPOSITION, CaseStatus, Disposition, ReasonCode
from .models import Case, WorkLease
from .workflow import target

CLOSE_ACTION = "cases.close"
MIN_RATIONALE_LENGTH = 10
MAX_RATIONALE_LENGTH = 10_000


def close_payload(*, disposition: str, reason_code: str, rationale: str) -> dict[str, str]:
    """What is proposed, checked: a conclusion, a reason code that goes with it, and why. Raises Invalid."""
    fields: dict[str, list[str]] = {}
    rationale = rationale.strip()
    reasons = REASONS_BY_DISPOSITION.get(Disposition(disposition)) if disposition in Disposition.values else None
    if not reasons:
        fields["disposition"] = ["Choose what you conclude."]
    elif reason_code not in reasons:
        known = reason_code in ReasonCode.values
        fields["reason_code"] = ["This reason does not go with that conclusion." if known else "Choose a reason."]
    if len(rationale) < MIN_RATIONALE_LENGTH:
        fields["rationale"] = [f"Say why, in at least {MIN_RATIONALE_LENGTH} characters."]
    elif len(rationale) > MAX_RATIONALE_LENGTH or "\x00" in rationale:
        fields["rationale"] = [f"Plain text, at most {MAX_RATIONALE_LENGTH:,} characters."]
    if fields:
        raise Invalid(fields=fields)
    return {"disposition": disposition, "reason_code": reason_code, "rationale": rationale}


def snapshot(case: Case, proposed: Mapping[str, Any]) -> dict[str, Any]:
    """The content that is approved. Status, priority and lease are left out: they change without changing it."""
    return {
        "case": case.reference,
        "account": case.account.external_id,
        "typology": case.typology,
        "alerts": [str(pk) for pk in case.case_alerts.order_by("alert_id").values_list("alert_id", flat=True)],
        "notes": [{"id": str(note.pk), "sha256": note.sha256} for note in case.notes.order_by("pk")],
        "disposition": proposed["disposition"],
        "reason_code": proposed["reason_code"],
        "rationale": proposed["rationale"],
    }


def last_editor(case: Case) -> User | None:
    return case.last_edited_by


def requested(request: ApprovalRequest, case: Case) -> None:
    """The case waits, and nobody holds it. Whoever wrote its last note stays its last editor, however often and by
    whomever a closing is proposed; of a case without notes that is the first who proposed."""
    from .services import case_locking

    case_locking.check("await_approval", case=case, actor=request.requested_by, lease=None)
    case.status = target("await_approval", case.status)
    case.last_edited_by = case.last_edited_by or request.requested_by
    case_locking.save(case, actor=request.requested_by, reason="Proposed to close", fields=["status", "last_edited_by"])
    WorkLease.objects.filter(case=case).delete()


def ended(request: ApprovalRequest, case: Case, actor: User) -> None:
    """Back to work, unless the closing is being carried out."""
    from .services import case_locking

    if request.state == RequestState.USED or case.status != CaseStatus.AWAITING_APPROVAL:
        return
    case.status = target("reopen", case.status)
    case_locking.save(case, actor=actor, reason=f"Approval {request.get_state_display().lower()}", fields=["status"])


def case_url(request: ApprovalRequest) -> str:
    return reverse("cases:case-detail", args=[request.subject_label])


def approver_summary(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The snapshot as an approver reads it. Notes are bound by their text, alerts by their number in the ledger."""
    alerts, notes = len(shown["alerts"]), len(shown["notes"])
    return [
        ("Disposition", str(Disposition(shown["disposition"]).label)),
        ("Reason", str(ReasonCode(shown["reason_code"]).label)),
        ("Rationale", shown["rationale"]),
        ("Case", f"{shown['case']}: {Typology(shown['typology']).label}, account {shown['account']}"),
        ("On the ground of", f"{alerts} alert{'s'[: alerts != 1]} and {notes} note{'s'[: notes != 1]}"),
    ]


def action() -> ApprovalAction:
    from .services.case_close import close_approved

    return ApprovalAction(
        name=CLOSE_ACTION, label="Close case", subject_model=Case, decide_action="lead", snapshot=snapshot,
        last_editor=last_editor, execute=close_approved, requested=requested, ended=ended, url=case_url,
        words=approver_summary,
    )  # fmt: skip
