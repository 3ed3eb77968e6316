"""Closing a case, or an incident that was drawn for it, under four eyes: what approvers are shown, and what waiting
does to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from approvals.models import ApprovalRequest
from approvals.registry import ApprovalAction
from finobs.accounts.models import User

from .arrivals import arrived_since
from .choices import SubjectRole
from .models import Case, CaseSubject, Incident, WorkItem
from .policies.programmes import is_suspicious, labels, programme_of, typology_labels
from .services.case_close import CLOSE_ACTION, close_approved
from .services.incident_close import CLOSE_INCIDENT_ACTION
from .services.item_approval import item_await_approval, item_resume
from .services.text_digests import rationale_digest

_LABELS = {True: "The alerts' transactions as suspicious", False: "The alerts' transactions as not suspicious"}


def snapshot(item: WorkItem, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The content that is approved. Status, priority and lease are left out: they change without changing it."""
    account, customer = item.account, item.customer
    return {
        item.KIND: item.reference,
        "account": account.external_id if account else "",
        **({"customer": customer.external_id} if customer else {}),
        **_further_subjects(item),
        "typology": item.typology,
        "alerts": [str(pk) for pk in item.case_alerts.order_by("alert_id").values_list("alert_id", flat=True)],
        "notes": [{"id": str(note.pk), "digest": note.digest} for note in item.notes.order_by("pk")],
        "disposition": payload["disposition"],
        # What the programme says that it means, which decides the labels, and which people can change meanwhile.
        "is_suspicious": is_suspicious(programme_of(item.typology), payload["disposition"]),
        "reason_code": payload["reason_code"],
        "rationale": payload["rationale"],
        # Under the salt of the item: without it nobody can try texts against the digest of all this either.
        "rationale_digest": rationale_digest(item, payload["rationale"]),
    }


def _further_subjects(item: WorkItem) -> dict[str, Any]:
    """The subjects of a case but for the one that it was opened about, which the rest of the snapshot says."""
    if not isinstance(item, Case):
        return {}
    rows = CaseSubject.objects.filter(case=item).select_related("customer", "account").order_by("pk")
    own = (*item.subject_ids, SubjectRole.SUBJECT)
    further = [
        {
            "customer": row.customer.external_id if row.customer else "",
            "account": row.account.external_id if row.account else "",
            "role": row.role,
        }
        for row in rows
        if (row.customer_id, row.account_id, row.role) != own
    ]
    return {"subjects": further} if further else {}


def last_editor(item: WorkItem) -> User | None:
    return item.last_edited_by


def on_request(request: ApprovalRequest, item: WorkItem) -> None:
    item_await_approval(actor=request.requested_by, item=item)


def on_end(request: ApprovalRequest, item: WorkItem, actor: User) -> None:
    item_resume(actor=actor, item=item, reason=f"Approval {request.get_state_display().lower()}")


def case_url(request: ApprovalRequest) -> str:
    return reverse("cases:case-detail", args=[request.subject_label])


def incident_url(request: ApprovalRequest) -> str:
    return reverse("cases:incident-detail", args=[request.subject_label])


def approver_summary(snapshot: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The snapshot as an approver reads it. Notes are bound by their text, alerts by their number in the ledger."""
    alerts, notes, typology = len(snapshot["alerts"]), len(snapshot["notes"]), snapshot["typology"]
    programme = programme_of(typology)
    kind = "case" if "case" in snapshot else "incident"
    further = [
        f"{'customer' if each['customer'] else 'account'} {each['customer'] or each['account']}: {each['role']}"
        for each in snapshot.get("subjects", ())
    ]
    return [
        ("Disposition", labels(programme, "dispositions").get(snapshot["disposition"], snapshot["disposition"])),
        # Requests from before it was in the snapshot do not say it.
        *([("Labels", _LABELS[snapshot["is_suspicious"]])] if "is_suspicious" in snapshot else []),
        ("Reason", labels(programme, "reason_codes").get(snapshot["reason_code"], snapshot["reason_code"])),
        ("Rationale", snapshot["rationale"]),
        (
            kind.capitalize(),
            f"{snapshot[kind]}: {typology_labels().get(typology, typology)}, account {snapshot['account'] or 'none'}",
        ),
        *([("Also about", "; ".join(further))] if further else []),
        ("Evidence", f"{alerts} alert{'s'[: alerts != 1]} and {notes} note{'s'[: notes != 1]}"),
    ]


def since_request(user: Any, request: ApprovalRequest) -> list[tuple[str, str]]:
    """What arrived on the subjects of the item since, as far as `user` sees it."""
    model = Case if request.subject_type == Case._meta.label_lower else Incident
    item: WorkItem = model._default_manager.get(pk=request.subject_id)
    texts = [f"{each.reference} ({each.get_status_display().lower()})" for each in arrived_since(user, item)]
    return [("Arrived since", ", ".join(texts))] if texts else []


def case_action() -> ApprovalAction:
    return ApprovalAction(
        name=CLOSE_ACTION, label="Close case", subject_model=Case, decide_action="lead", snapshot=snapshot,
        last_editor=last_editor, execute=close_approved, on_request=on_request, on_end=on_end, url=case_url,
        approver_summary=approver_summary, since_request=since_request,
    )  # fmt: skip


def incident_action() -> ApprovalAction:
    return ApprovalAction(
        name=CLOSE_INCIDENT_ACTION, label="Close incident", subject_model=Incident, decide_action="lead",
        snapshot=snapshot, last_editor=last_editor, execute=close_approved, on_request=on_request, on_end=on_end,
        url=incident_url, approver_summary=approver_summary, since_request=since_request,
    )  # fmt: skip
