"""Cases with their story, and the browser's two ways of asking for a page."""

from __future__ import annotations

from typing import Any

from django.test import Client

from cases.models import Case, Queue
from cases.services import group_alerts
from detection.choices import Typology
from finobs.accounts.models import User
from tests import factories


def cases_in(queue: Queue, number: int = 1, *, alerts: int = 1) -> list[Case]:
    """`number` cases in `queue`, each of an account of its own with so many alerts."""
    queue.typologies = [Typology.LARGE_AMOUNT]
    queue.save()
    made = []
    for _ in range(number):
        account = factories.account()
        group_alerts(alerts=[factories.alert(of=account, score=0.81) for _ in range(alerts)])
        made.append(Case.objects.get(account=account))
    return made


def more_alerts(case: Case, number: int) -> None:
    group_alerts(alerts=[factories.alert(of=case.account, score=0.5) for _ in range(number)])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="finobs.accounts.backends.RolePermissionBackend")
    return client


def htmx(target: str = "case", **more: str) -> dict[str, Any]:
    """The headers htmx sends when it is about to swap `target`."""
    return {"headers": {"HX-Request": "true", "HX-Target": target, **more}}
