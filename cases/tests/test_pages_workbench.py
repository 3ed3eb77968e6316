"""The workbench page: the queue and the open case."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases import services
from cases.models import Case, Queue
from cases.tests.factories import cases_in, more_alerts
from finobs.accounts.models import User
from finobs.core import access, clock
from tests import factories
from tests.support.clients import htmx, signed_in


@pytest.fixture
def case(queue: Queue) -> Case:
    return cases_in(queue, alerts=2)[0]


def html(client: Client, path: str, **extra: Any) -> str:
    response = client.get(path, **extra)
    assert response.status_code == 200
    return response.content.decode()


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    ("person", "status"), [("analyst", 200), ("lead", 200), ("auditor", 200), ("stranger", 404), ("admin", 404)]
)
def test_who_may_open_a_case(person: str, status: int, case: Case, request: Any) -> None:
    client = signed_in(request.getfixturevalue(person))
    for path in (f"/cases/{case.reference}/", f"/cases/queues/{case.queue.slug}/", f"/cases/{case.reference}/close/"):
        assert client.get(path).status_code == status, path


def test_nobody_is_sent_to_sign_in(case: Case) -> None:
    response = Client().get(f"/cases/{case.reference}/")
    assert response.status_code == 302
    assert response.headers["Location"].endswith(f"?next=/cases/{case.reference}/")


def test_an_unknown_case_and_queue_are_not_found(analyst: User, case: Case) -> None:
    client = signed_in(analyst)
    assert client.get("/cases/C-2026-999999/").status_code == 404
    assert client.get("/cases/queues/none/").status_code == 404


def test_the_queue_lists_its_cases_by_priority(analyst: User, queue: Queue) -> None:
    cases = cases_in(queue, 3)
    for case, priority in zip(cases, (10, 90, 50), strict=True):
        Case.objects.filter(pk=case.pk).update(priority=priority)
    page = html(signed_in(analyst), f"/cases/queues/{queue.slug}/")
    places = [page.index(case.reference) for case in (cases[1], cases[2], cases[0])]
    assert places == sorted(places)
    assert "3 cases" in page


def test_the_case_says_why_it_has_its_priority(analyst: User, case: Case) -> None:
    page = html(signed_in(analyst), f"/cases/{case.reference}/")
    for name, points in case.priority_parts.items():
        assert f"{name} {points}" in page


def test_status_disposition_and_machine_opinion_stand_apart(analyst: User, case: Case) -> None:
    page = html(signed_in(analyst), f"/cases/{case.reference}/")
    for term in ("Status", "Disposition", "Machine opinion"):
        assert f"<dt>{term}</dt>" in page
    assert "Not concluded" in page
    assert "No opinion" in page


def test_the_summary_and_the_alerts_say_why(analyst: User, case: Case) -> None:
    page = html(signed_in(analyst), f"/cases/{case.reference}/")
    assert "2 alerts" in page
    assert "$25,000.00" in page
    assert page.count("at or above the limit of $10,000.00") == 3  # once in the summary, once for each alert


def test_a_case_that_somebody_else_holds_says_so_and_since_when(analyst: User, lead: User, case: Case) -> None:
    with clock.at(clock.now() - timedelta(minutes=12)):
        services.item_take(actor=lead, item=case)
    page = html(signed_in(analyst), f"/cases/{case.reference}/")
    assert f"Leo Lead ({lead.email}) holds this case" in page
    assert "12 min" in page
    assert page.index("holds this case") < page.index("<textarea")


def test_the_holder_is_not_warned_of_themselves(analyst: User, case: Case) -> None:
    services.item_take(actor=analyst, item=case)
    assert "holds this case" not in html(signed_in(analyst), f"/cases/{case.reference}/")


def test_an_auditor_sees_no_button_and_no_field(auditor: User, case: Case) -> None:
    page = html(signed_in(auditor), f"/cases/{case.reference}/")
    assert "You may read this case" in page
    assert "<textarea" not in page
    assert "take-next" not in page
    assert f"/cases/{case.reference}/take/" not in page


def test_htmx_gets_the_case_and_its_row_only(analyst: User, case: Case) -> None:
    part = html(signed_in(analyst), f"/cases/{case.reference}/", **htmx())
    assert "<html" not in part
    assert f"<title>{case.reference}" in part
    assert f'<template data-instead-of="row-{case.reference}">' in part
    assert "bench-tools" not in part


def test_htmx_gets_the_list_only_when_a_view_is_chosen(analyst: User, case: Case) -> None:
    part = html(signed_in(analyst), f"/cases/queues/{case.queue.slug}/?holder=nobody", **htmx("list"))
    assert "bench-tools" in part
    assert "<html" not in part
    assert "case-head" not in part


def test_going_back_gets_the_whole_page(analyst: User, case: Case) -> None:
    restored = {"HX-History-Restore-Request": "true"}
    assert "<html" in html(signed_in(analyst), f"/cases/{case.reference}/", **htmx(**restored))


def test_rows_are_links_that_carry_the_view_along(analyst: User, case: Case) -> None:
    page = html(signed_in(analyst), f"/cases/queues/{case.queue.slug}/?holder=nobody")
    assert f'href="/cases/{case.reference}/?holder=nobody"' in page


def test_a_link_to_a_case_shows_the_list_beside_it(analyst: User, queue: Queue) -> None:
    first, second = cases_in(queue, 2)
    page = html(signed_in(analyst), f"/cases/{first.reference}/")
    assert f'id="row-{second.reference}"' in page
    assert page.count('aria-current="true"') == 2  # the open row, and the chosen view
    assert "data-instead-of" not in page


def test_a_view_without_cases_says_how_to_get_out_of_it(analyst: User, case: Case) -> None:
    page = html(signed_in(analyst), f"/cases/queues/{case.queue.slug}/?status=closed")
    assert "No case in this view" in page


def test_an_empty_queue_says_what_would_appear(analyst: User, queue: Queue) -> None:
    assert "A case appears here when" in html(signed_in(analyst), f"/cases/queues/{queue.slug}/")


def test_a_long_queue_is_paged(analyst: User, queue: Queue) -> None:
    cases_in(queue, 1)
    made = [factories.case(inside=queue) for _ in range(51)]
    client = signed_in(analyst)
    page = html(client, f"/cases/queues/{queue.slug}/")
    assert "52 cases" in page
    assert page.count('<li id="row-') == 50
    older = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert html(client, f"/cases/queues/{queue.slug}/{older}").count('<li id="row-') == 2
    assert made


def test_a_forged_cursor_is_refused_in_words(analyst: User, case: Case) -> None:
    response = signed_in(analyst).get(f"/cases/queues/{case.queue.slug}/?cursor=nonsense")
    assert response.status_code == 422
    assert b"start from the first page" in response.content


def test_a_filter_that_means_nothing_is_refused_and_shows_nothing(analyst: User, case: Case) -> None:
    response = signed_in(analyst).get(f"/cases/queues/{case.queue.slug}/?status=%00&holder=x&priority_min=abc")
    assert response.status_code == 422
    assert case.reference not in response.content.decode()


def test_queries_of_the_queue_page_do_not_grow_with_its_rows(analyst: User, queue: Queue) -> None:
    cases_in(queue, 2)
    client = signed_in(analyst)
    queries(client, f"/cases/queues/{queue.slug}/")
    few = queries(client, f"/cases/queues/{queue.slug}/")
    for case in cases_in(queue, 8):
        services.item_take(actor=analyst, item=case)
    assert queries(client, f"/cases/queues/{queue.slug}/") == few
    assert few <= QUEUE_PAGE


def test_queries_of_the_case_page_do_not_grow_with_its_story(analyst: User, case: Case) -> None:
    services.item_take(actor=analyst, item=case)
    services.note_add(actor=analyst, item=case, text="First.")
    client, path = signed_in(analyst), f"/cases/{case.reference}/"
    queries(client, path)
    few = queries(client, path)
    more_alerts(case, 6)
    for number in range(5):
        services.note_add(actor=analyst, item=case, text=f"Note {number}.")
    assert queries(client, path) == few
    assert few <= CASE_PAGE


# Baselines: what each page asks the database, session and navigation included. Lower them when it gets better.
QUEUE_PAGE = 14
CASE_PAGE = 38


def test_one_case_may_be_shown_to_somebody_by_exception(stranger: User, case: Case) -> None:
    from django.contrib.auth.models import Group

    stranger.groups.add(Group.objects.get(name="analyst"))
    access.grant(stranger, "view", case)
    client = signed_in(stranger)
    assert client.get(f"/cases/{case.reference}/").status_code == 200
    assert client.get(f"/cases/queues/{case.queue.slug}/").status_code == 404


def test_an_item_stands_in_one_place_of_the_navigation_whichever_way_one_came(analyst: User, case: Case) -> None:
    incident = factories.incident_of(case)
    browser = signed_in(analyst)
    for path in (
        f"/cases/{case.reference}/", f"/cases/incidents/{incident.reference}/", f"/cases/queues/{case.queue.slug}/",
        f"/cases/queues/{case.queue.slug}/incidents/",
    ):  # fmt: skip
        marked = re.findall(r'data-go="(.)" aria-current="page"', html(browser, path))
        assert marked == ["q"], path
    assert re.findall(r'data-go="(.)" aria-current="page"', html(browser, "/cases/incidents/")) == ["i"]


def test_what_nobody_holds_says_so_and_to_whom_it_is_assigned(analyst: User, lead: User, case: Case) -> None:
    services.item_take(actor=analyst, item=case)
    assert "Nobody holds it" not in html(signed_in(lead), f"/cases/{case.reference}/")
    services.item_release(actor=analyst, item=case)
    page = html(signed_in(lead), f"/cases/{case.reference}/")
    assert "Nobody holds it" in page
    assert "Assigned to" not in page
    services.item_assign(actor=lead, item=case, to=analyst, reason="She knows the customer.")
    until = clock.now() + timedelta(days=2)
    services.item_wait(actor=analyst, item=case, waiting_for="The branch", until=until)
    page = html(signed_in(analyst), f"/cases/{case.reference}/")
    assert "<dt>Assigned to</dt><dd>You" in page


def test_every_step_has_a_key_that_its_button_shows(lead: User, case: Case) -> None:
    page = html(signed_in(lead), f"/cases/{case.reference}/")
    for key in ("h", "c", "m", "a", "t"):
        assert f'data-key="{key}"' in page
        assert f"<kbd>{key}</kbd>" in page
    assert len(re.findall(r'data-key="(.)"', page)) == len(set(re.findall(r'data-key="(.)"', page)))
