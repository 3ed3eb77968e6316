"""Who a case is about, as far as escalating says it: the subjects of its incidents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from finobs.accounts.models import User
from finobs.core import history

from ..models import Case, CaseSubject, Incident

Into = Sequence[tuple[Case, Sequence[Incident]]]


def add_subjects(actor: User, into: Into, *, reason: str) -> Mapping[int, Sequence[CaseSubject]]:
    """Make those whom the incidents are about subjects of the locked or new cases that they go into, each once; return
    the new rows by case. The number of statements does not depend on how many there are."""
    cases = [case.pk for case, _ in into]
    present: set[tuple[int, int | None, int | None]] = set(
        CaseSubject.objects.filter(case__in=cases).values_list("case_id", "customer_id", "account_id")
    )
    rows: dict[int, list[CaseSubject]] = defaultdict(list)
    for case, incidents in into:
        for incident in incidents:
            customer_id, account_id = incident.subject_ids
            key = (case.pk, customer_id, account_id)
            if (customer_id or account_id) and key not in present:
                present.add(key)
                rows[case.pk].append(CaseSubject(case=case, customer_id=customer_id, account_id=account_id))
    history.bulk_create([row for some in rows.values() for row in some], actor=actor, reason=reason)
    return rows


def subject_data(subject: CaseSubject) -> dict[str, str | None]:
    """What an event says of a subject."""
    return {
        "customer": str(subject.customer_id) if subject.customer_id else None,
        "account": str(subject.account_id) if subject.account_id else None,
        "role": subject.role,
    }
