"""Object permissions: nobody gets more than their roles and grants say, and nobody gets anything by default."""

from functools import partial
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from cases.models import Case, CaseAlert, Queue, QueueUserGrant
from detection.models import Alert, Assessment, ReassessmentRun, ShadowScore, TrainingRun
from finobs.accounts.models import OrgUnit, OrgUnitGroupGrant, User
from finobs.accounts.system import system_actor
from finobs.core import access, authority, context
from finobs.core.errors import NotAllowed, NotFound
from finobs.core.middleware import RequestContextMiddleware
from finobs.core.models import IdempotentAnswer
from finobs.core.service import service
from tests import factories
from transactions.models import Account, Customer, LabelBatch

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
    from cases.models import CaseAlert

    inside, outside, loose = factories.alert(), factories.alert(), factories.alert()
    for alert, where in ((inside, queue), (outside, factories.queue())):
        case = factories.case(of=alert.account, inside=where)
        incident = factories.incident_of(case)
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


def one_of(model, queue, action):
    """A row of `model` in `queue`, and the rows that grants which reach it may hang on."""
    case = factories.case(inside=queue)
    match model.__name__:
        case "Queue":
            return queue, [queue, queue.unit]
        case "Case":
            return case, [queue, queue.unit, case]
        case "Alert" if action != "measure":
            alert = factories.alert(of=case.account)
            CaseAlert.objects.create(case=case, alert=alert, incident=incident_of(case))
            return alert, [queue, queue.unit, case]
        case "Incident":
            # By the case that it was escalated to it is seen, and not triaged.
            return incident_of(case), [queue, queue.unit, case] if action == "view" else [queue, queue.unit]
    return one_of_unit(model, queue.unit)


def one_of_unit(model, unit):
    """The same for what hangs in a unit."""
    source = factories.source(unit=unit)
    moved = factories.transaction(of=factories.account(of=source))
    person = {"source": source, "actor": moved.batch.actor}
    match model.__name__:
        case "OrgUnit":
            row = unit
        case "Source":
            row = source
        case "Alert":
            row = factories.alert(of=moved.account)
        case "Transaction":
            row = moved
        case "Account" | "Counterparty" | "Batch":
            row = getattr(moved, model.__name__.lower())
        case "QuarantinedRow":
            row = model.objects.create(
                batch=moved.batch, source=source, row_number=1, raw=b"", raw_size=0, raw_digest=b"", reason="amount"
            )
        case "AccountDetails":
            row = model.objects.create(account=moved.account)
        case "CounterpartyDetails":
            row = model.objects.create(counterparty=moved.counterparty)
        case "PaymentParties":
            row = model.objects.create(transaction=moved)
        case "Customer" | "CustomerProfile" | "AccountParty" | "PartyRelation":
            row = of_customer(model, moved, unit)
        case "CounterpartyResolution":
            row = model.objects.create(
                counterparty=moved.counterparty, customer=of_customer(Customer, moved, unit), reason="The same.",
                recorded_at=factories.NOON, recorded_by=moved.batch.actor,
            )  # fmt: skip
        case "Delivery":
            row = factories.delivery(of=source)
        case "DeliverySchedule":
            row = factories.delivery(of=source).schedule
        case "DeliveryFault":
            row = factories.delivery_fault(of=source)
        case "Label" | "PastLabel" | "LabelBatch":
            row = label_of(model, moved, LabelBatch.objects.create(**person))
        case "Assessment" | "ShadowScore" | "Reassessment":
            row = scored(model, moved)
        case "Event":
            body = {"at": factories.NOON, "action": "a", "actor": moved.batch.actor, "actor_type": "system"}
            row = model.objects.create(
                uid=uuid4(), subject_type="x", subject_id="1", unit=unit, body=b"", leaf=b"", **body
            )
        case "TrainingRun":
            TrainingRun.objects.all().delete()
            row = model.objects.create(role="anomaly", source=source, requested_by=moved.batch.actor)
        case "ReassessmentRun":
            row = model.objects.create(source=source, as_of=1, requested_by=moved.batch.actor)
        case "LateBatch":
            row = model.objects.create(batch=moved.batch, source=source)
        case _:
            raise AssertionError(f"nobody has said how a {model.__name__} is made")
    return row, [unit, unit.parent]


def of_customer(model, moved, unit):
    def customer(name):
        return Customer.objects.create(source=moved.source, external_id=name, unit=unit, kind="person")

    said = {
        "customer": customer("C-1"), "valid_from": factories.NOON.date(), "recorded_at": factories.NOON,
        "recorded_by": moved.batch.actor, "digest": b"",
    }  # fmt: skip
    match model.__name__:
        case "Customer":
            return said["customer"]
        case "AccountParty":
            return model.objects.create(account=moved.account, role="holder", **said)
        case "PartyRelation":
            return model.objects.create(other=customer("C-2"), kind="owns", **said)
    return model.objects.create(**said)


def label_of(model, moved, batch):
    said = {"is_suspicious": True, "known_at": factories.NOON, "transaction": moved}
    match model.__name__:
        case "LabelBatch":
            return batch
        case "Label":
            return model.objects.create(**said)
    return model.objects.create(replaced_by=batch, replaced_after=1, **said)


def scored(model, moved):
    if model is ShadowScore:
        return model.objects.create(transaction=moved, model_version=factories.model_version(), score=0.5)
    of = {"transaction": moved, "outcome": "approve"}
    if model is Assessment:
        return model.objects.create(assessed_at=factories.NOON, **of)
    run = ReassessmentRun.objects.create(source=moved.source, as_of=1, requested_by=moved.batch.actor)
    return model.objects.create(
        run=run, batch=moved.batch, outcome_before="approve", feature_set="account-1", features=b"", digest="", **of
    )


def incident_of(case):
    return factories.incident_of(case)


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
    OrgUnitGroupGrant.objects.all().delete()
    for number, (model, action, rule) in enumerate(bounded_rules()):
        queue, elsewhere = (factories.queue(f"{where}-{number}", unit=factories.unit()) for where in ("here", "there"))
        target, anchors = one_of(model, queue, action)
        other = elsewhere if "unit" not in rule.anchors[0] and model is not OrgUnit else elsewhere.unit
        for anchor in anchors:
            person = User.objects.get(pk=factories.user(role="admin").pk)
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


@service
def ask_three_times(*, actor, queue, lose=lambda: None):
    for action in ("work", "work", "view"):
        access.require(actor, action, queue)
    lose()
    Group.objects.create(name="written")


def grant_statements(captured):
    return [query for query in captured.captured_queries if "cases_queueusergrant" in query["sql"]]


def test_a_service_reads_a_grant_once_and_again_before_it_commits(analyst, queue):
    with CaptureQueriesContext(connection) as captured:
        ask_three_times(actor=analyst, queue=queue)
    # Of what lets work, and of what lets see: each twice, whatever the number of questions.
    assert len(grant_statements(captured)) == 4


def test_what_a_service_remembers_is_no_answer_once_it_is_lost(analyst, queue):
    def lose():
        QueueUserGrant.objects.all().delete()  # as another process would: nothing is told to this one

    with pytest.raises(NotAllowed, match="have changed since this began"):
        ask_three_times(actor=analyst, queue=queue, lose=lose)
    assert not Group.objects.filter(name="written").exists()


def test_the_next_service_of_a_request_reads_anew(analyst, queue):
    with context.request():
        ask_three_times(actor=analyst, queue=queue)
        QueueUserGrant.objects.all().delete()
        with pytest.raises(NotFound):
            ask_three_times(actor=analyst, queue=queue)


def test_a_grant_on_a_unit_holds_for_all_below_it_and_for_no_other():
    entity, other = factories.unit(), factories.unit()
    desk = factories.unit(parent=factories.unit(parent=entity))
    person = factories.user(role="analyst")
    OrgUnitGroupGrant.objects.all().delete()
    rows = [factories.account(of=factories.source(unit=each)) for each in (entity, desk, other)]
    factories.grant(person, "read_data", entity)
    assert visible(person, Account) == set(rows[:2])
    assert set(access.granted_ids(person, OrgUnit, ["read_data"])) >= {entity.pk, desk.pk}
    assert not access.allowed(person, "view", rows[2])


def test_a_grant_on_a_unit_is_one_on_its_queues():
    entity, other = factories.unit(), factories.unit()
    inside, outside = (factories.case(inside=factories.queue(unit=each)) for each in (entity, other))
    person = factories.user(role="analyst")
    factories.grant(person, "work", entity)
    assert visible(person) == {inside}
    assert access.allowed(person, "work", inside)
    assert not access.allowed(person, "view", outside)
    assert not access.allowed(factories.user(role="analyst"), "view", inside)


def test_a_grant_to_view_cases_shows_no_data_and_one_to_read_data_no_cases():
    entity = factories.unit()
    case = factories.case(of=factories.account(of=factories.source(unit=entity)), inside=factories.queue(unit=entity))
    OrgUnitGroupGrant.objects.all().delete()
    viewer, reader = factories.user(role="analyst"), factories.user(role="analyst")
    factories.grant(viewer, "view", entity)
    factories.grant(reader, "read_data", entity)
    assert (visible(viewer), visible(viewer, Account)) == ({case}, set())
    assert (visible(reader), visible(reader, Account)) == (set(), {case.account})


def test_who_reaches_the_whole_organisation_is_asked_for_no_unit(analyst, django_assert_num_queries):
    factories.account(of=factories.source(unit=factories.unit()))
    rows = access.restrict(Account.objects.all(), analyst, "view")
    assert "WHERE" not in str(rows.query)
    assert rows.count() == 1


def test_what_scores_say_is_for_who_may_read_the_transactions():
    entity, other = factories.unit(), factories.unit()
    version, person = factories.model_version(), factories.user(role="analyst")
    mine, theirs = (
        ShadowScore.objects.create(
            transaction=factories.transaction(of=factories.account(of=factories.source(unit=each))),
            model_version=version, score=0.5,
        )
        for each in (entity, other)
    )  # fmt: skip
    everything = ShadowScore.objects.order_by("pk")
    assert list(access.restrict(everything, person, "measure")) == [mine, theirs]
    OrgUnitGroupGrant.objects.all().delete()
    factories.grant(person, "read_data", entity)
    assert list(access.restrict(everything, person, "measure")) == [mine]
