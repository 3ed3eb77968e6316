"""Object permissions: nobody gets more than their roles and grants say, and nobody gets anything by default."""

from functools import partial

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpResponse

from cases.models import Case, CaseAlert, Incident, Queue, QueueUserGrant
from detection.models import Alert
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import access, authority, clock, context
from finobs.core.errors import NotAllowed, NotFound
from finobs.core.middleware import RequestContextMiddleware
from finobs.core.models import IdempotentAnswer
from tests import factories

pytestmark = pytest.mark.django_db


def visible(user, model=Case):
    return set(access.restrict(model.objects.all(), user, "view"))


def test_a_grant_on_the_queue_shows_its_cases_and_no_others(analyst, queue):
    mine, other = factories.case(inside=queue), factories.case()
    assert visible(analyst) == {mine}
    assert not access.allowed(analyst, "view", other)


@pytest.mark.parametrize("action", ["view", "work", "lead"])
def test_any_grant_lets_one_see(action, queue):
    person = factories.user(role="analyst")
    case = factories.case(inside=queue)
    factories.grant(person, action, queue)
    assert visible(person) == {case}


def test_a_grant_to_a_group_reaches_its_members(queue):
    person = factories.user(role="analyst")
    case = factories.case(inside=queue)
    factories.grant(Group.objects.get(name="analyst"), "view", queue)
    assert visible(person) == {case}


def test_a_grant_on_one_case_is_the_exception(queue):
    person = factories.user(role="analyst")
    told, untold = factories.case(inside=queue), factories.case(inside=queue)
    factories.grant(person, "view", told)
    assert visible(person) == {told}
    access.revoke(person, "view", told)
    assert visible(person) == set()
    assert not access.allowed(person, "view", untold)


def test_a_grant_without_the_role_permission_gives_nothing(stranger, queue):
    factories.case(inside=queue)
    factories.grant(stranger, "lead", queue)
    assert visible(stranger) == set()


def test_the_role_permission_without_a_grant_gives_nothing(queue):
    factories.case(inside=queue)
    assert visible(factories.user(role="compliance")) == set()


@pytest.mark.parametrize("nobody", [None, AnonymousUser()])
def test_nobody_sees_nothing(nobody, queue):
    case = factories.case(inside=queue)
    assert visible(nobody) == set()
    with pytest.raises(NotFound):
        access.require(nobody, "view", case)
    with pytest.raises(NotAllowed):
        access.require_permission(nobody, "compliance:read")


def test_an_inactive_person_sees_nothing_not_even_as_superuser(superuser, queue):
    case = factories.case(inside=queue)
    assert visible(superuser) == {case}
    superuser.is_active = False
    assert visible(superuser) == set()
    assert not access.has_permission(superuser, "compliance:read")


def test_what_is_invisible_is_not_found_and_what_is_visible_is_forbidden(analyst, auditor, stranger, queue):
    case = factories.case(inside=queue)
    access.require(analyst, "work", case)
    with pytest.raises(NotAllowed):
        access.require(auditor, "work", case)
    with pytest.raises(NotFound):
        access.require(stranger, "work", case)
    with pytest.raises(NotFound):
        access.require(stranger, "view", case)


def test_a_class_asks_for_the_role_permission_alone(admin, analyst):
    access.require(admin, "create", Queue)
    with pytest.raises(NotAllowed):
        access.require(analyst, "create", Queue)


def test_work_does_not_include_lead(analyst, lead, queue):
    case = factories.case(inside=queue)
    assert access.allowed(lead, "work", case)
    assert not access.allowed(analyst, "lead", case)


def test_a_lead_grant_without_the_right_to_decide_is_not_lead(queue):
    person = factories.user(role="analyst")
    factories.grant(person, "lead", queue)
    assert access.allowed(person, "work", factories.case(inside=queue))
    assert not access.allowed(person, "lead", factories.case(inside=queue))


def test_finobs_itself_needs_no_grant(queue):
    case = factories.case(inside=queue)
    assert visible(system_actor("assess")) == {case}


def test_an_action_without_a_policy_is_a_fault_not_a_gift(admin):
    with pytest.raises(ImproperlyConfigured):
        access.restrict(IdempotentAnswer.objects.all(), admin, "view")
    with pytest.raises(ImproperlyConfigured):
        access.rule_for(Case, "no_such_action")


def test_an_alert_is_seen_by_those_who_see_its_case(analyst, queue, admin):
    from cases.models import CaseAlert, Incident

    inside, outside, loose = factories.alert(), factories.alert(), factories.alert()
    for number, (alert, where) in enumerate(((inside, queue), (outside, factories.queue()))):
        case = factories.case(of=alert.account, inside=where)
        incident = Incident.objects.create(
            reference=f"I-{number}", case=case, first_at=factories.NOON, last_at=factories.NOON
        )
        CaseAlert.objects.create(alert=alert, incident=incident, case=case)
    assert visible(analyst, Alert) == {inside}
    assert not access.allowed(admin, "view", loose)


def test_restricting_costs_two_queries_and_finds_by_ids(analyst, queue, django_assert_num_queries):
    for _ in range(3):
        factories.case(inside=queue)
    analyst.has_perm("accounts.compliance:read")
    with django_assert_num_queries(3):  # grants on queues, grants on cases, the rows
        assert len(access.restrict(Case.objects.all(), analyst, "view")) == 3


def test_a_page_reads_the_grants_once(analyst, queue, django_assert_num_queries):
    access.allowed(analyst, "view", queue)
    with context.request(reads_only=True):
        assert access.granted_ids(analyst, Queue, ["work"]) == [queue.pk]
        with django_assert_num_queries(0):
            assert access.granted_ids(analyst, Queue, ["work"]) == [queue.pk]


@pytest.mark.parametrize("change", [access.grant, access.revoke])
def test_what_a_page_read_is_forgotten_when_a_grant_changes(change, analyst, queue):
    with context.request(reads_only=True):
        assert access.granted_ids(analyst, Queue, ["work"]) == [queue.pk]
        change(analyst, "work", other := factories.queue() if change is access.grant else queue)
        assert (other.pk in access.granted_ids(analyst, Queue, ["work"])) is (change is access.grant)


def test_what_was_read_for_one_person_is_no_answer_for_another(analyst, stranger, queue):
    with context.request(reads_only=True):
        assert access.granted_ids(analyst, Queue, ["work"]) == [queue.pk]
        assert access.granted_ids(stranger, Queue, ["work"]) == []
        assert access.granted_ids(analyst, Queue, ["lead"]) == []
        assert access.granted_ids(analyst, Case, ["work"]) == []


def test_what_may_write_reads_the_grants_anew_each_time(analyst, queue):
    """A write waits for locks: what somebody else takes away meanwhile must count."""
    with context.request():
        assert access.granted_ids(analyst, Queue, ["work"]) == [queue.pk]
        QueueUserGrant.objects.all().delete()  # as another process would: nothing is told to this one
        assert access.granted_ids(analyst, Queue, ["work"]) == []


def test_the_next_page_reads_the_grants_anew(analyst, queue):
    for expected in ([queue.pk], []):
        with context.request(reads_only=True):
            assert access.granted_ids(analyst, Queue, ["work"]) == expected
        QueueUserGrant.objects.all().delete()


@pytest.mark.parametrize(("method", "remembers"), [("get", True), ("head", True), ("post", False), ("put", False)])
def test_only_requests_that_read_remember(method, remembers, rf):
    asked = []

    def twice(request):
        for _ in range(2):
            context.memoize("key", lambda: asked.append(1))
        return HttpResponse()

    RequestContextMiddleware(twice)(getattr(rf, method)("/"))
    assert len(asked) == (1 if remembers else 2)


def bounded_rules():
    """Every rule that asks for grants, with what there is one of to ask it of."""
    return [(model, action, rule) for (model, action), rule in access.rules().items() if rule.grants]


def one_of(model, queue):
    """A row of `model` in `queue`, and the rows that grants which reach it may hang on."""
    case = factories.case(inside=queue)
    match model.__name__:
        case "Queue":
            return queue, [queue]
        case "Case":
            return case, [queue, case]
        case "Alert":
            alert = factories.alert(of=case.account)
            CaseAlert.objects.create(case=case, alert=alert, incident=incident_of(case))
            return alert, [queue, case]
        case "Incident":
            return incident_of(case), [queue, case]
    raise AssertionError(f"nobody has said how a {model.__name__} is made")


def incident_of(case):
    now = clock.now()
    return Incident.objects.create(case=case, reference=f"I-{case.pk}", first_at=now, last_at=now)


def acts(person, action, target, meanwhile):
    """Whether a service of `person` that asks for `action` on `target` goes well, with what happens `meanwhile`."""
    try:
        with transaction.atomic(), authority.frame(person):
            access.require(person, action, target)
            meanwhile()
    except NotAllowed:
        return False
    return True


def test_only_the_loss_of_what_an_act_needs_undoes_it():
    assert len(bounded_rules()) > 7
    for number, (model, action, rule) in enumerate(bounded_rules()):
        queue, other = factories.queue(f"here-{number}"), factories.queue(f"elsewhere-{number}")
        target, anchors = one_of(model, queue)
        for anchor in anchors:
            person = User.objects.get(pk=factories.user(role="compliance").pk)
            grant = rule.grants[-1]
            for place in (anchor, other):
                factories.grant(person, grant, place)
            what = (model.__name__, action, str(anchor))
            assert acts(person, action, target, partial(access.revoke, person, grant, other)), what
            assert not acts(person, action, target, partial(access.revoke, person, grant, anchor)), what


def test_what_is_reached_by_two_grants_is_still_reached_by_one(queue):
    case = factories.case(inside=queue)
    person = User.objects.get(pk=factories.user(role="compliance").pk)
    for place in (queue, case):
        factories.grant(person, "lead", place)
    assert acts(person, "lead", case, lambda: access.revoke(person, "lead", queue))
    assert not acts(person, "lead", case, lambda: access.revoke(person, "lead", case))


def test_who_moves_something_out_of_their_reach_loses_nothing_by_that(queue):
    case, elsewhere = factories.case(inside=queue), factories.queue("elsewhere")
    person = User.objects.get(pk=factories.user(role="compliance").pk)
    factories.grant(person, "lead", queue)
    assert acts(person, "lead", case, lambda: Case.objects.filter(pk=case.pk).update(queue=elsewhere))
