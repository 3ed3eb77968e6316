"""Queues: made, changed and granted by services, each with its event."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group

from cases.models import Queue
from cases.selectors import people_for_assign, queues_visible
from cases.services import queue_change, queue_create, queue_grant, queue_revoke
from detection.choices import Typology
from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import Invalid, NotAllowed
from finobs.ledger.models import Event
from tests import factories


def test_a_new_queue_is_seen_by_auditors_at_once(admin: User) -> None:
    queue = queue_create(actor=admin, slug="fraud", name="Fraud", typologies=[Typology.LEAKED_CARD])
    assert access.allowed(factories.user("New", role="auditor"), "view", queue)
    assert not access.allowed(factories.user("Ana", role="analyst"), "view", queue)
    assert Event.objects.get(action="queue.create").actor == admin


def test_only_configurators_make_and_change(queue: Queue, lead: User, analyst: User) -> None:
    for person in (lead, analyst):
        with pytest.raises(NotAllowed):
            queue_create(actor=person, slug="mine", name="Mine")
    with pytest.raises(NotAllowed):
        queue_change(actor=lead, queue=queue, name="Mine")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"slug": "not a slug"}, "slug"),
        ({"slug": "aml-1"}, "slug"),
        ({"name": ""}, "name"),
        ({"typologies": ["witchcraft"]}, "typologies"),
        ({"lease_minutes": 0}, "lease_minutes"),
        ({"lease_minutes": 1441}, "lease_minutes"),
    ],
)
def test_what_does_not_hold_is_refused_by_field(admin: User, queue: Queue, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        queue_create(**{"actor": admin, "slug": "new", "name": "New", **fields})
    assert field in refused.value.fields


def test_a_typology_goes_to_one_queue_only(admin: User, queue: Queue) -> None:
    queue_change(actor=admin, queue=queue, typologies=[Typology.DORMANT])
    with pytest.raises(Invalid):
        queue_create(actor=admin, slug="new", name="New", typologies=[Typology.DORMANT])


def test_a_change_says_what_changed_and_nothing_is_recorded_for_none(admin: User, queue: Queue) -> None:
    queue_change(actor=admin, queue=queue, name="AML level one", lease_minutes=45)
    queue_change(actor=admin, queue=queue, name="AML level one")
    body = bytes(Event.objects.get(action="queue.change").body).decode()
    assert '"changes":{"lease_minutes":[30,45],"name":["AML level 1","AML level one"]}' in body
    with pytest.raises(Invalid):
        queue_change(actor=admin, queue=queue, slug="other")


def test_a_new_default_takes_the_old_one_s_place(admin: User) -> None:
    first = queue_create(actor=admin, slug="first", name="First", is_default=True)
    second = queue_create(actor=admin, slug="second", name="Second", is_default=True)
    assert Queue.objects.get(is_default=True) == second
    queue_change(actor=admin, queue=first, is_default=True)
    assert Queue.objects.get(is_default=True) == first


def test_grants_are_given_and_taken_with_events(admin: User, queue: Queue) -> None:
    person = factories.user("New", role="analyst")
    queue_grant(actor=admin, queue=queue, principal=person, action="work")
    assert access.allowed(person, "work", queue)
    queue_revoke(actor=admin, queue=queue, principal=person, action="work")
    assert not access.allowed(person, "view", queue)
    assert list(Event.objects.order_by("pk").values_list("action", flat=True)) == ["queue.grant", "queue.revoke"]


def test_nobody_grants_themselves_and_leads_grant_nobody(admin: User, lead: User, analyst: User, queue: Queue) -> None:
    with pytest.raises(NotAllowed, match="themselves"):
        queue_grant(actor=admin, queue=queue, principal=admin, action="lead")
    with pytest.raises(NotAllowed):
        queue_grant(actor=lead, queue=queue, principal=analyst, action="lead")
    with pytest.raises(Invalid):
        queue_grant(actor=admin, queue=queue, principal=analyst, action="own")


def test_nobody_grants_themselves_by_way_of_their_group(admin: User, queue: Queue) -> None:
    with pytest.raises(NotAllowed, match="themselves"):
        queue_grant(actor=admin, queue=queue, principal=Group.objects.get(name="admin"), action="lead")
    assert not access.allowed(admin, "view", queue)
    queue_grant(actor=admin, queue=queue, principal=Group.objects.get(name="compliance"), action="lead")


def test_queues_are_listed_with_their_counts_to_who_may_see_them(
    queue: Queue, analyst: User, stranger: User, admin: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        factories.case(inside=queue)
    factories.case(inside=queue, status="awaiting_approval")
    factories.case()
    with django_assert_max_num_queries(10):
        (mine,) = queues_visible(analyst)
    assert (mine.case_count, mine.case_awaiting_count, mine.case_held_count) == (4, 1, 0)  # type: ignore[attr-defined]
    assert not queues_visible(stranger).exists()
    assert not queues_visible(admin).exists()


def test_who_may_be_assigned_is_who_may_work(
    queue: Queue, analyst: User, lead: User, auditor: User, service: User
) -> None:
    case = factories.case(inside=queue)
    by_group = factories.user("Grouped", role="analyst")
    night_shift = Group.objects.create(name="night shift")
    by_group.groups.add(night_shift)
    access.grant(night_shift, "work", queue)
    by_case = factories.user("Needed", role="analyst")
    access.grant(by_case, "work", case)
    access.grant(service, "work", queue)
    access.grant(factories.user("Roleless"), "work", queue)
    found = set(people_for_assign(lead, case))
    assert found == {analyst, lead, by_group, by_case}
    assert all(access.allowed(person, "work", case) for person in found)
    assert not people_for_assign(analyst, case).exists()
