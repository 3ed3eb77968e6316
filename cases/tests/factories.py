"""Cases with the alerts that opened them, grouped as the product groups them."""

from __future__ import annotations

from cases.models import Case, Queue
from detection.choices import Typology
from tests import factories
from tests.support.escalation import escalated


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
