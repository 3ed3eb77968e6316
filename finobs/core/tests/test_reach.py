"""Lists by parts: the same rows as by one condition, in the same order, forwards and backwards."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.paginator import EmptyPage, InvalidPage
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from cases import selectors
from cases.models import Case, CaseAlert, Incident, Queue
from detection.alerts.selectors import alerts_visible
from detection.choices import Typology
from detection.models import Alert
from finobs.accounts.models import User
from finobs.core import access, reach
from finobs.core.pagination import ListPaginator, count, paginate
from tests import factories

pytestmark = pytest.mark.django_db

BY_PRIORITY, BY_TIME, NEWEST = ("-priority", "-id"), ("-last_at", "-id"), ("-id",)
TYPOLOGIES = [Typology.LARGE_AMOUNT, Typology.STRUCTURING, Typology.UNUSUAL]
CLOSED: dict[str, Any] = {"disposition": "confirmed", "reason_code": "money_mule", "closed_at": factories.NOON}


@pytest.fixture
def cases() -> list[Case]:
    """Sixty in five queues, many of one priority, each with an incident and every second with an alert."""
    chance = random.Random(7)
    queues = [factories.queue(f"q-{number}") for number in range(5)]
    cases = []
    for number in range(60):
        closed = CLOSED | {"status": "closed"} if chance.random() < 0.5 else {}
        case = factories.case(
            inside=chance.choice(queues), priority=chance.randrange(6), typology=chance.choice(TYPOLOGIES), **closed
        )
        at = factories.NOON + timedelta(hours=chance.randrange(5))
        incident = factories.incident_of(case, first_at=at, last_at=at)
        alert = factories.alert(of=case.account, typology=case.typology)
        if number % 2:
            CaseAlert.objects.create(alert=alert, incident=incident, case=case)
        cases.append(case)
    return cases


def with_queues() -> User:
    person = factories.user(role="analyst")
    factories.grant(person, "work", Queue.objects.get(slug="q-0"))
    factories.grant(person, "view", Queue.objects.get(slug="q-1"))
    return person


def with_cases(person: User | None = None) -> User:
    """Every seventh case, whatever its queue."""
    person = person or factories.user(role="analyst")
    for case in Case.objects.order_by("pk")[::7]:
        factories.grant(person, "view", case)
    return person


def with_both() -> User:
    return with_cases(with_queues())


def by_group() -> User:
    """Some by a group's grants, some by their own, one queue by both."""
    person, group = with_both(), Group.objects.create(name="night")
    person.groups.add(group)
    factories.grant(group, "lead", Queue.objects.get(slug="q-1"))
    factories.grant(group, "view", Queue.objects.get(slug="q-3"))
    for case in Case.objects.order_by("pk")[::11]:
        factories.grant(group, "view", case)
    return person


def with_nothing() -> User:
    return factories.user(role="analyst")


def without_role() -> User:
    person = factories.user()
    factories.grant(person, "view", Queue.objects.get(slug="q-0"))
    return person


def superuser() -> User:
    return factories.user(is_superuser=True)


PEOPLE: list[Callable[[], User]] = [
    with_queues, with_cases, with_both, by_group, with_nothing, without_role, superuser,
]  # fmt: skip


def may_see(person: User, case: Case) -> bool:
    """By the grants themselves, one case at a time."""
    if person.is_superuser:
        return True
    if not person.groups.filter(permissions__codename="compliance:read").exists():
        return False
    return any(
        grants.filter(content_object=obj, **holder).exists()
        for obj in (case, case.queue)
        for grants, holder in (
            (obj._meta.apps.get_model("cases", f"{type(obj).__name__}UserGrant").objects, {"user": person}),
            (obj._meta.apps.get_model("cases", f"{type(obj).__name__}GroupGrant").objects, {"group__user": person}),
        )
    )


def pages(rows: QuerySet[Any], order: tuple[str, ...]) -> Iterator[list[int]]:
    """Every page, forwards; each is read once more from the page after it, backwards."""
    cursor, last = "", None
    while True:
        page = paginate(rows, order=order, cursor=cursor, limit=4)
        if last is not None:
            back = paginate(rows, order=order, cursor=page.newer, limit=4)
            assert [row.pk for row in back.items] == last
        last = [row.pk for row in page.items]
        yield last
        cursor = page.older
        if not cursor:
            return


def check(rows: QuerySet[Any], order: tuple[str, ...], expected: list[Any]) -> None:
    keys = [row.pk for row in expected]
    assert [pk for page in pages(rows, order) for pk in page] == keys
    assert count(rows) == (len(keys), True)
    assert sorted(
        pk for part in reach.parts(rows, disjoint=True) for pk in part.values_list("pk", flat=True)
    ) == sorted(keys)


FILTERS: list[dict[str, Any]] = [
    {}, {"typology": "structuring"}, {"status": "closed"}, {"priority__gte": 3, "status__in": ["new", "open"]},
    {"queue__slug": "q-1"}, {"account__external_id": "nobody's"},
]  # fmt: skip


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("filters", FILTERS)
def test_a_list_of_cases_has_what_grants_reach_and_nothing_else(person: Any, filters: Any, cases: list[Case]) -> None:
    somebody = person()
    asked = Case.objects.filter(**filters).order_by(*BY_PRIORITY)
    expected = [case for case in asked if may_see(somebody, case)]
    check(selectors.cases_visible(somebody).filter(**filters), BY_PRIORITY, expected)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("slug", ["q-0", "q-2", "q-3"])
def test_a_list_of_one_queue_has_its_visible_cases(person: Any, slug: str, cases: list[Case]) -> None:
    somebody, queue = person(), Queue.objects.get(slug=slug)
    expected = [case for case in queue.cases.order_by(*BY_PRIORITY) if may_see(somebody, case)]
    check(selectors.cases_visible(somebody).filter(queue=queue), BY_PRIORITY, expected)


@pytest.mark.parametrize("person", PEOPLE)
def test_incidents_and_alerts_are_those_of_visible_cases(person: Any, cases: list[Case]) -> None:
    somebody = person()
    incidents = Incident.objects.order_by(*BY_TIME).select_related("case__queue")
    expected = [each for each in incidents if each.case and may_see(somebody, each.case)]
    check(selectors.incidents_visible(somebody), BY_TIME, expected)
    if somebody.is_superuser or somebody.groups.exists():
        alerts = Alert.objects.order_by(*NEWEST)
        of_cases = {row.alert_id for row in CaseAlert.objects.all() if row.case and may_see(somebody, row.case)}
        check(
            alerts_visible(somebody), NEWEST, [each for each in alerts if somebody.is_superuser or each.pk in of_cases]
        )


def test_the_pages_of_the_admin_have_the_same_rows(cases: list[Case]) -> None:
    person = with_both()
    rows = selectors.cases_visible(person).order_by("-priority", "-pk")
    expected = [case.pk for case in rows]
    paginator = ListPaginator(rows, 7)
    numbered = [row.pk for number in paginator.page_range for row in paginator.page(number).object_list]
    assert numbered == expected
    assert str(paginator.count) == str(len(expected))


def test_the_pages_of_the_admin_go_on_beyond_what_is_counted(
    cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finobs.core.pagination.MAX_COUNT", 5)
    rows = Case.objects.order_by("-priority", "-pk")
    expected, number = [case.pk for case in rows], 1
    shown: list[int] = []
    paginator = ListPaginator(rows, 4)
    assert str(paginator.count) == "5+"
    while number <= paginator.num_pages and len(shown) < len(expected):
        shown += [row.pk for row in paginator.page(number).object_list]
        number += 1
    assert shown == expected
    with pytest.raises(EmptyPage):
        ListPaginator(rows, 4).page(10_000)


@pytest.mark.parametrize("number", ["9" * 7, "9" * 25, "9" * 5_000, "0", "-1"])
def test_a_page_that_no_list_has_is_refused_before_it_is_read(
    number: str, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finobs.core.pagination.MAX_COUNT", 5)
    with pytest.raises(InvalidPage):
        ListPaginator(Case.objects.order_by("-priority", "-pk"), 4).page(number)


def test_a_list_of_one_queue_that_one_sees_asks_for_nothing_else(cases: list[Case]) -> None:
    rows = selectors.cases_visible(with_both()).filter(queue=Queue.objects.get(slug="q-0"))
    with CaptureQueriesContext(connection) as queries:
        paginate(rows, order=BY_PRIORITY)
        count(rows)
    assert [" OR " in query["sql"] for query in queries] == [False, False, False]


def test_no_part_is_wider_than_the_condition(cases: list[Case]) -> None:
    person = with_both()
    whole = set(access.restrict(Case.objects.all(), person, "view"))
    parts = reach.parts(access.restrict(Case.objects.all(), person, "view"))
    assert len(parts) == 3
    assert {case for part in parts for case in part} == whole < set(Case.objects.all())


@pytest.mark.parametrize(
    "narrowed",
    [
        lambda rows: rows.filter(pk__in=list(Case.objects.values_list("pk", flat=True)[:40])),
        lambda rows: rows.distinct(),
        lambda rows: rows.exclude(typology="structuring"),
        lambda rows: rows.filter(queue__in=Queue.objects.filter(slug="q-1")),
        lambda rows: rows.filter(incidents__last_at__gte=factories.NOON),
        lambda rows: rows | rows.filter(priority=1),
    ],
)
def test_whatever_else_is_asked_for_stays_within_the_grants(narrowed: Any, cases: list[Case]) -> None:
    person = with_both()
    rows = narrowed(access.restrict(Case.objects.all(), person, "view"))
    expected = [case.pk for case in narrowed(Case.objects.all()).order_by(*BY_PRIORITY) if may_see(person, case)]
    assert [pk for page in pages(rows, BY_PRIORITY) for pk in page] == expected


def test_a_condition_of_grants_that_is_turned_round_is_no_list_by_parts(cases: list[Case]) -> None:
    person = with_both()
    seen = access.restrict(Case.objects.all(), person, "view")
    rest = Case.objects.exclude(pk__in=seen.values("pk"))
    assert set(rest) == {case for case in cases if not may_see(person, case)}
    assert len(reach.parts(rest)) == 1


def test_more_queues_than_a_statement_takes_are_one_condition(
    monkeypatch: pytest.MonkeyPatch, cases: list[Case]
) -> None:
    monkeypatch.setattr(reach, "MAX_PARTS", 2)
    person = with_both()
    rows = selectors.cases_visible(person)
    assert len(reach.parts(rows)) == 1
    check(rows, BY_PRIORITY, [case for case in Case.objects.order_by(*BY_PRIORITY) if may_see(person, case)])
