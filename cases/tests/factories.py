"""Cases with the alerts that opened them, grouped as the product groups them; policies in force; whose accounts are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cases.models import Case, Queue, WorkPolicy, WorkPolicyVersion
from cases.policies import shipped
from detection.choices import Typology
from finobs.accounts.system import system_actor
from tests import factories
from tests.support.escalation import escalated
from transactions.models import Account, AccountParty, Customer


def cases_in(queue: Queue, number: int = 1, *, alerts: int = 1) -> list[Case]:
    """`number` cases in `queue`, each of an account of its own with so many alerts."""
    queue.typologies = [Typology.LARGE_AMOUNT]
    queue.save()
    cases = []
    for _ in range(number):
        account = factories.account()
        escalated(alerts=[factories.alert(of=account, score=0.81) for _ in range(alerts)])
        cases.append(Case.objects.get(account=account))
    return cases


def more_alerts(case: Case, number: int) -> None:
    escalated(alerts=[factories.alert(of=case.account, score=0.5) for _ in range(number)])


def in_force(kind: str, slug: str, **changes: Any) -> WorkPolicyVersion:
    """A version of a policy, live."""
    policy = WorkPolicy.objects.create(kind=kind, slug=slug, name=slug)
    content = {**shipped.CONTENTS[kind, slug], **changes}
    version = WorkPolicyVersion.objects.create(
        policy=policy, number=1, content=content, reason="For a test.", created_by=system_actor("test")
    )
    WorkPolicy.objects.filter(pk=policy.pk).update(live=version)
    return version


def held_by(account: Account, *roles: str) -> list[Customer]:
    """Customers with these roles at the account."""
    people = []
    for number, role in enumerate(roles):
        customer = Customer.objects.create(
            source=account.source, external_id=f"C-{account.pk}-{number}", unit=account.unit, kind="person"
        )
        hold(customer, account, role)
        people.append(customer)
    return people


def hold(customer: Customer, account: Account, role: str = "holder") -> None:
    AccountParty.objects.create(
        account=account, customer=customer, role=role, valid_from=factories.NOON.date() - timedelta(days=900),
        recorded_at=factories.NOON - timedelta(days=800), recorded_by=system_actor("test"), digest=b"\0" * 32,
    )  # fmt: skip
