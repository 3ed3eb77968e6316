"""Erasing a customer under four eyes: cases know whether somebody still looks into their accounts."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse

from approvals.models import ApprovalRequest
from approvals.registry import Approval, ApprovalAction
from finobs.accounts.models import User
from transactions.models import Customer
from transactions.parties import erasure
from transactions.parties.services import customer_erase_approved

from .models import Case, CaseSubject, Incident
from .workflow import UNFINISHED


def open_case_obstacles(customer: Customer, account_ids: Sequence[int]) -> list[str]:
    """Why a customer with these accounts may not be erased yet."""
    about = Q(account__in=account_ids) | Q(customer=customer)
    of_cases = about | Q(pk__in=CaseSubject.objects.filter(customer=customer).values("case"))
    references = [
        reference
        for model, condition in ((Incident, about), (Case, of_cases))
        for reference in model.objects.filter(condition, status__in=UNFINISHED).values_list("reference", flat=True)
    ]
    return [f"There is open work about them: {', '.join(sorted(references)[:10])}."] if references else []


def execute(request: ApprovalRequest, approval: Approval) -> None:
    customer_erase_approved(
        actor=request.requested_by, customer=approval.subject, reason=request.payload["reason"], approval=approval.id
    )


def last_editor(customer: Customer) -> User | None:
    """Whoever last corrected the profile by hand."""
    last = customer.profiles.filter(batch=None).order_by("-recorded_at", "-id").select_related("recorded_by").first()
    return last.recorded_by if last else None


def customer_url(request: ApprovalRequest) -> str:
    return reverse("transactions:customer-detail", args=[request.subject_id])


def action() -> ApprovalAction:
    return ApprovalAction(
        name=erasure.ERASE_ACTION, label="Erase customer", subject_model=Customer, decide_action="approve",
        snapshot=erasure.snapshot, last_editor=last_editor, execute=execute, url=customer_url,
        approver_summary=erasure.approver_summary,
    )  # fmt: skip
