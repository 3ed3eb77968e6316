"""The page of an account: whose it is, how it changed, and what other apps know of it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Queue
from finobs.accounts.models import User
from tests import factories
from transactions.models import AccountDetails
from transactions.services import account_change

pytestmark = pytest.mark.django_db


def test_alerts_incidents_and_cases_come_as_fragments_of_the_apps_that_own_them(queue: Queue, analyst: User) -> None:
    account, other = factories.account(), factories.account()
    case, incident = factories.case(of=account, inside=queue), factories.incident(of=account, inside=queue)
    browser = Client()
    browser.force_login(analyst)
    page = browser.get(reverse("transactions:account-detail", args=[account.pk])).text
    assert str(account.unit) in page
    for name, text in (
        ("detection:account-alerts", "No alert that you may see"), ("cases:account-cases", case.reference),
        ("cases:account-incidents", incident.reference),
    ):  # fmt: skip
        address = reverse(name, args=[account.pk])
        assert f'hx-get="{address}"' in page
        assert text in browser.get(address).text
        assert text.startswith("No") or text not in browser.get(reverse(name, args=[other.pk])).text


def test_the_page_tells_how_the_account_changed(superuser: User) -> None:
    account = factories.account()
    details = AccountDetails(account=account)
    details = account_change(actor=superuser, details=details, name="Ana Berg", status="active")
    account_change(actor=superuser, details=details, name="Ana Newname", status="active", version=details.version)
    browser = Client()
    browser.force_login(superuser)
    changes = browser.get(reverse("transactions:account-detail", args=[account.pk])).text.split('id="changes"')[1]
    assert '<span class="diff-old">Ana Berg</span> <span class="diff-new">Ana Newname</span>' in changes
    assert superuser.name in changes
