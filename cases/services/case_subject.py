from __future__ import annotations

from finobs.accounts.models import User
from finobs.core import access, history
from finobs.core.errors import Invalid
from finobs.core.reads import first_or_not_found
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record
from transactions.models import Account, Customer

from ..choices import SubjectRole
from ..models import Case, CaseSubject, Incident
from . import item_locking
from .subjects_of_incidents import subject_data
from .text_digests import reason_digest


@service
def case_subject_add(
    *, actor: User, case: Case, role: str, reason: str, account: Account | None = None,
    customer: Customer | None = None, version: int | None = None,
) -> Case:  # fmt: skip
    """Say that a case is about an account or a customer too, and what they are to it.

    Who: work on its queue, while nobody else holds the case; and who may see the account or the customer. Records:
    case.subject_add. Raises: NotFound, NotAllowed, InvalidTransition (of a case that is closed or awaits approval),
    Invalid, Stale, Conflict.
    """
    locked = _locked(actor, case, version)
    role, reason = _role(role), require_reason(reason)
    party = account or customer
    if party is None or (account and customer):
        raise Invalid(fields={"account": ["Name an account or a customer: one of them."]})
    access.require(actor, "view", party)
    if CaseSubject.objects.filter(case=locked, account=account, customer=customer).exists():
        raise Invalid(fields={"account" if account else "customer": ["The case is about it already."]})
    subject = CaseSubject(case=locked, account=account, customer=customer, role=role)
    history.save(subject, actor=actor, reason=reason)
    return _record(actor, locked, subject, "case.subject_add", reason)


@service
def case_subject_change(
    *, actor: User, case: Case, subject: CaseSubject, role: str, reason: str, version: int | None = None
) -> Case:
    """Say what a subject is to the case instead; the role that it has changes nothing.

    Who: work on its queue, while nobody else holds the case. Records: case.subject_change, with the role before.
    Raises: NotFound, NotAllowed, InvalidTransition, Invalid, Stale, Conflict.
    """
    locked = _locked(actor, case, version)
    row = _subject(locked, subject)
    role, reason, before = _role(role), require_reason(reason), row.role
    if role == before:
        return locked
    row.role = role
    history.save(row, actor=actor, reason=reason, fields=["role"])
    return _record(actor, locked, row, "case.subject_change", reason, before=before)


@service
def case_subject_remove(
    *, actor: User, case: Case, subject: CaseSubject, reason: str, version: int | None = None
) -> Case:
    """Say that a case is not about somebody after all. Those whom its incidents are about stay.

    Who: work on its queue, while nobody else holds the case. Records: case.subject_remove. Raises: NotFound,
    NotAllowed, InvalidTransition, Invalid, Stale, Conflict.
    """
    locked = _locked(actor, case, version)
    row = _subject(locked, subject)
    reason = require_reason(reason)
    if _is_about_incidents(locked, row):
        raise Invalid("The incidents of the case are about this subject: it stays, and its role can be changed.")
    history.delete(row, actor=actor, reason=reason)
    return _record(actor, locked, row, "case.subject_remove", reason)


def _locked(actor: User, case: Case, version: int | None) -> Case:
    """The case, locked, where `actor` may change its subjects now."""
    locked = item_locking.lock_item(case)
    access.require(actor, "work", locked)
    lease = item_locking.lease_of(locked)
    # Where one may be added, one may be changed and removed.
    item_locking.check("subject_add", item=locked, actor=actor, lease=lease)
    require_version(locked, version)
    item_locking.renew_lease(locked, actor, lease)
    return locked


def _subject(case: Case, subject: CaseSubject) -> CaseSubject:
    return first_or_not_found(CaseSubject.objects.select_for_update().filter(case=case, pk=subject.pk))


def _role(role: str) -> str:
    if role not in SubjectRole.values:
        raise Invalid(fields={"role": [f"Choose one of {', '.join(SubjectRole.values)}."]})
    return role


def _is_about_incidents(case: Case, subject: CaseSubject) -> bool:
    about = (subject.customer_id, subject.account_id)
    incidents = Incident.objects.filter(case=case)
    return about == case.subject_ids or about in {each.subject_ids for each in incidents}


def _record(actor: User, case: Case, subject: CaseSubject, action: str, reason: str, **more: str) -> Case:
    """Whoever says who a case is about has edited it: approvers are shown that."""
    case.last_edited_by = actor
    item_locking.save(case, actor=actor, reason=f"Subjects: {reason}", fields=["last_edited_by"])
    data = {**subject_data(subject), "reason_digest": reason_digest(case, reason), **more}
    record(actor=actor, action=action, subject=case, data=data, related=[subject])
    return case
