"""The frame: who is offered which way, and what it costs."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from finobs.accounts.roles import PERMISSIONS
from finobs.core import navigation
from finobs.core.navigation import ACCOUNT_MENU, SIDE, NavigationEntry, Shell, entries
from tests import factories


def frame(user, path="/"):
    request = RequestFactory().get(path)
    request.user = user
    return Shell(request)


def names(user):
    return {item.entry.name for item in frame(user).items}


@pytest.fixture
def everything_served(monkeypatch):
    """As if every app served its pages, each under its own name."""
    monkeypatch.setattr(navigation, "address", lambda name, *_: f"/{name.replace(':', '/')}/")


@pytest.fixture
def counters(monkeypatch):
    found: dict[str, navigation.Counter] = {}
    monkeypatch.setattr(navigation, "_counters", found)
    return found


def test_every_entry_asks_for_a_permission_that_exists():
    assert {entry.permission for entry in entries()} - {""} <= set(PERMISSIONS)


def test_every_place_at_the_side_has_a_letter_of_its_own():
    goes = [entry.go for entry in entries(*SIDE)]
    assert all(goes)
    assert len(set(goes)) == len(goes)


def test_no_two_entries_of_a_part_claim_the_same_place_in_it():
    for group in {entry.group for entry in entries()}:
        orders = [entry.order for entry in entries(group)]
        assert orders == sorted(set(orders))


WORK = ["My work", "Queues", "Incidents", "Alerts", "Approvals", "Work policies"]
DATA = [
    "Transactions", "Customers", "Accounts", "Counterparties", "Batches", "Deliveries", "Quarantine", "Org units",
    "Exchange rates",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "offered"),
    [
        ("stranger", {}),
        ("viewer", {"": ["My work", "Queues", "Incidents", "Approvals", "Work policies"], "Data": DATA, "Detection": ["Rules", "Models"]}),
        ("analyst", {"": WORK, "Data": DATA, "Detection": ["Rules", "Models"], "Records": ["Ledger"]}),
        ("lead", {"": WORK, "Data": DATA, "Detection": ["Rules", "Models"], "Records": ["Ledger"]}),
        ("auditor", {"": WORK, "Data": DATA, "Detection": ["Rules", "Models"], "Records": ["Ledger"]}),
        ("admin", {"": WORK, "Data": DATA, "Detection": ["Rules", "Models"], "Records": ["Ledger", "Admin"]}),
        ("superuser", {"": WORK, "Data": DATA, "Detection": ["Rules", "Models"], "Records": ["Ledger", "Admin"]}),
    ],
)  # fmt: skip
def test_everybody_is_offered_the_places_of_their_roles_in_order(who, offered, request):
    person = factories.user(role="viewer") if who == "viewer" else request.getfixturevalue(who)
    shell = frame(person)
    assert {group.label: [item.entry.label for item in group.items] for group in shell.groups} == offered
    assert [item.entry.label for item in shell.account] == ["Profile", "API tokens", "Sessions", "Change password"]
    short = [] if who == "stranger" else ["Work", "Search", "Approvals"]
    assert [item.entry.label for item in shell.bottom] == short
    assert shell.search == ("/cases/search/" if short else "")
    assert shell.header == []


@pytest.mark.django_db
def test_the_header_says_what_there_is_to_count_and_what_cannot_wait_stands_out(lead, monkeypatch):
    monkeypatch.setattr(navigation, "_counters", {"sla": lambda _: 2, "approvals": lambda _: 3})
    shown = [(item.entry.label, item.url, item.count, item.entry.hot) for item in frame(lead).header]
    assert shown == [("Due soon", "/cases/", 2, True), ("To approve", "/approvals/", 3, False)]


def test_entries_are_in_order_of_their_part_and_their_number(monkeypatch):
    monkeypatch.setattr(navigation, "_entries", {})
    last, first = NavigationEntry("a:b", "B", "i", order=2), NavigationEntry("a:a", "A", "i", order=1)
    other = NavigationEntry("a:b", "B of mine", "i", group=ACCOUNT_MENU)
    navigation.register(last, other, first)
    assert entries("") == [first, last]
    assert entries(ACCOUNT_MENU, "") == [other, first, last]


@pytest.mark.django_db
def test_a_stranger_is_offered_nothing(stranger, everything_served):
    assert names(stranger) == set()


def test_somebody_not_signed_in_is_offered_nothing(everything_served):
    from django.contrib.auth.models import AnonymousUser

    assert names(AnonymousUser()) == set()
    assert names(None) == set()


@pytest.mark.django_db
def test_an_analyst_is_offered_work_and_evidence_but_no_administration(analyst, everything_served):
    offered = names(analyst)
    assert {"cases:my-work", "cases:queue-list", "detection:alert-list", "ledger:event-list"} <= offered
    assert "admin:index" not in offered


@pytest.mark.django_db
def test_the_administration_is_for_staff(admin, everything_served):
    assert "admin:index" in names(admin)
    admin.is_staff = False
    assert "admin:index" not in names(admin)


@pytest.mark.django_db
def test_what_no_app_serves_is_left_out(analyst, monkeypatch):
    monkeypatch.setattr(navigation, "_entries", {})
    navigation.register(NavigationEntry("nowhere:at-all", "Nowhere", "inbox", "compliance:read"))
    assert frame(analyst).items == []


@pytest.mark.django_db
def test_the_nearest_place_is_the_one_marked(analyst, everything_served, monkeypatch):
    monkeypatch.setattr(navigation, "address", {"cases:my-work": "/cases/", "cases:queue-list": "/cases/queues/"}.get)
    active = [item.entry.name for item in frame(analyst, "/cases/queues/aml-1/").items if item.active]
    assert active == ["cases:queue-list"]


@pytest.mark.django_db
def test_a_registered_counter_is_asked_once_for_each_page(analyst, everything_served, counters):
    asked = []

    def waiting(user):
        asked.append(user)
        return 3

    navigation.register_counter("approvals", waiting)
    request = RequestFactory().get("/")
    request.user = analyst
    shown = render_to_string("_shell/page.html", {}, request=request)
    assert shown.count('<span class="count') >= 2
    assert asked == [analyst]


@pytest.mark.django_db
def test_a_page_marks_where_it_is(analyst, everything_served):
    request = RequestFactory().get("/cases/my-work/")
    request.user = analyst
    shown = render_to_string("_shell/page.html", {}, request=request)
    assert shown.count("<h1") == 1
    assert '<html lang="en">' in shown
    assert 'href="/cases/my-work/" data-go="m" aria-current="page"' in shown
    for part in ('<main id="main"', 'aria-label="Main"', 'id="live"', 'aria-live="polite"', "skip-link"):
        assert part in shown


@pytest.mark.django_db
def test_signing_out_is_a_post(analyst, everything_served):
    request = RequestFactory().get("/")
    request.user = analyst
    shown = render_to_string("_shell/topbar.html", {"shell": Shell(request)}, request=request)
    form = shown.split('action="/accounts/sign-out/"')[0].rsplit("<form", 1)[1]
    assert 'method="post"' in form
    assert "csrfmiddlewaretoken" in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/detection/training/", "detection:model-list"),
        ("/detection/training/7/", "detection:model-list"),
        ("/detection/reassessments/", "transactions:batch-list"),
    ],
)
def test_a_list_without_an_entry_of_its_own_belongs_to_another(analyst, path, entry):
    assert [item.entry.name for item in frame(analyst, path).items if item.active] == [entry]
