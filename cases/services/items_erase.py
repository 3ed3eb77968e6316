from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from approvals.erasure import erase_requests
from finobs.accounts.models import User
from finobs.core import access, history
from finobs.core.classification import personal_fields
from finobs.core.service import service
from transactions.models import Customer, new_salt
from transactions.parties.services.customer_erase import ERASED_TEXT
from transactions.queries import accounts_of_nobody_else

from ..models import Case, CaseSubject, Incident, Note, WorkItem


@service
def items_erase(*, actor: User, customer: Customer) -> int:
    """Overwrite what people wrote of the incidents and cases about a customer who is erased; returns of how many.

    Of those about nobody else who is still known: titles, rationales, what they waited for and all reasons, in their
    history too; notes; what was asked for their approval; and the salts under which the ledger commits to that. Status,
    disposition and reason code stay. Called in the transaction that erases the customer, whose event says how many.
    Who may: whoever may erase the customer ("compliance:resolve").
    """
    access.require(actor, "erase", customer)
    return sum(_erase(actor, items) for items in _items_about(customer) if items)


def _items_about(customer: Customer) -> list[Sequence[WorkItem]]:
    """The incidents and the cases of which they are the last, locked."""
    accounts = Q(customer=None, account__in=accounts_of_nobody_else(customer))
    about_others = Q(customer__isnull=False, customer__erased_at=None) & ~Q(customer=customer)
    own = CaseSubject.objects.filter(customer=customer).values("case")
    others = CaseSubject.objects.filter(about_others).values("case")
    cases = Case.objects.filter(accounts | Q(customer=customer) | Q(pk__in=own)).exclude(about_others)
    incidents = Incident.objects.filter(accounts | Q(customer=customer))
    return [
        list(rows.order_by("pk").select_for_update(of=("self",))) for rows in (incidents, cases.exclude(pk__in=others))
    ]


def _erase(actor: User, items: Sequence[WorkItem]) -> int:
    kind, empty = items[0].KIND, dict.fromkeys(personal_fields(type(items[0])), "")
    for item in items:
        for name, value in empty.items():
            setattr(item, name, value)
        item.salt = new_salt()
    history.bulk_update(items, fields=(*empty, "salt"), actor=actor, reason=ERASED_TEXT)
    for item in items:
        history.overwrite(item, empty)
    notes = list(Note.objects.filter(**{f"{kind}__in": items}).select_for_update(of=("self",)))
    for note in notes:
        note.text, note.salt = ERASED_TEXT, new_salt()
    Note.objects.bulk_update(notes, ["text", "salt"], batch_size=500)
    erase_requests(items, actor=actor, text=ERASED_TEXT)
    return len(items)
