"""Rules of routing: the first that holds, and whose queue serves the item's unit, takes it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Case, Incident, Queue, QueueEntry, WorkPolicy
from cases.policies.differences import differences
from cases.policies.gathering import EscalationFacts, Gathering
from cases.policies.routing import RoutingFacts, RoutingRules
from cases.policies.selectors import work_policy_get
from cases.policies.shipped import CONTENTS
from cases.services import gather_alerts, routing_dry_run, work_policy_change
from cases.services.routing_of_items import route
from detection.choices import Outcome, Typology
from detection.models import Alert
from finobs.accounts.models import User
from finobs.core.service import service
from tests import factories
from tests.support.escalation import escalated
from tests.support.ledger_events import last_event

# --- pure

TYPOLOGIES = ("structuring", "dormant", "leaked_card")
CURRENCIES = ("USD", "JPY")
facts = st.builds(
    RoutingFacts,
    level=st.sampled_from(["incident", "case"]),
    programme=st.sampled_from(["aml", "fraud"]),
    typology=st.sampled_from(TYPOLOGIES),
    amounts=st.dictionaries(st.sampled_from(CURRENCIES), st.integers(0, 10**6)),
    block_count=st.integers(0, 2),
    customer_risk=st.sampled_from(["", "low", "high"]),
    countries=st.frozensets(st.sampled_from(["DE", "FR", "IR"])),
    units=st.frozensets(st.sampled_from(["bank", "branch"])),
    source=st.sampled_from(["", "cards", "wires"]),
)
conditions = st.fixed_dictionaries(
    {},
    optional={
        "level": st.sampled_from(["incident", "case"]),
        "programme": st.sampled_from(["aml", "fraud"]),
        "typologies": st.lists(st.sampled_from(TYPOLOGIES), max_size=2),
        "customer_risk": st.lists(st.sampled_from(["low", "high"]), max_size=2),
        "countries": st.lists(st.sampled_from(["DE", "FR", "IR"]), max_size=2),
        "severity": st.sampled_from(["review", "block"]),
        "units": st.lists(st.sampled_from(["bank", "branch"]), max_size=2),
        "sources": st.lists(st.sampled_from(["cards", "wires"]), max_size=2),
    },
)
amounts = st.one_of(
    st.just({}),
    st.builds(
        lambda least, code: {"amount_min": str(least), "currency": code},
        st.integers(0, 9999),
        st.sampled_from(CURRENCIES),
    ),
)
whens = st.builds(lambda some, amount: some | amount, conditions, amounts)
documents = st.lists(whens, max_size=6).map(
    lambda some: {"rules": [{"name": f"r{n}", "queue": f"q{n}", "when": when} for n, when in enumerate(some)]}
)


def holds(when: dict[str, Any], item: RoutingFacts) -> bool:
    """The same said otherwise: each condition by itself."""
    minor = {"USD": 100, "JPY": 1}
    checks = {
        "level": lambda value: item.level == value,
        "programme": lambda value: item.programme == value,
        "typologies": lambda value: not value or item.typology in value,
        "customer_risk": lambda value: not value or item.customer_risk in value,
        "countries": lambda value: not value or any(each in value for each in item.countries),
        "severity": lambda value: value == "review" or item.block_count > 0,
        "units": lambda value: not value or any(each in value for each in item.units),
        "sources": lambda value: not value or item.source in value,
        "amount_min": lambda value: item.amounts.get(when["currency"], 0) >= int(value) * minor[when["currency"]],
        "currency": lambda _: True,
    }
    return all(checks[name](value) for name, value in when.items())


@given(documents, facts)
def test_the_queues_are_those_of_the_rules_that_hold_in_their_order(
    document: dict[str, Any], item: RoutingFacts
) -> None:
    expected = [rule["queue"] for rule in document["rules"] if holds(rule["when"], item)]
    assert list(RoutingRules(document).queues_for(item)) == expected


@given(documents, facts, whens)
def test_a_rule_after_the_first_that_holds_changes_nothing(
    document: dict[str, Any], item: RoutingFacts, when: dict[str, Any]
) -> None:
    before = next(RoutingRules(document).queues_for(item), None)
    longer = {"rules": [*document["rules"], {"name": "last", "queue": "last", "when": when}]}
    after = next(RoutingRules(longer).queues_for(item), None)
    assert after == before if before is not None else after in (None, "last")


@given(
    typology=st.sampled_from(TYPOLOGIES), alerts=st.integers(1, 5), blocks=st.integers(0, 2),
    score=st.none() | st.floats(0, 1), usd=st.integers(0, 10**6),
    condition=st.fixed_dictionaries({}, optional={
        "typologies": st.lists(st.sampled_from(TYPOLOGIES), max_size=2), "severity": st.sampled_from(["review", "block"]),
        "urgency_min": st.floats(0, 1), "alerts_min": st.integers(1, 5),
    }),
)  # fmt: skip
def test_an_incident_escalates_where_all_of_some_condition_holds(
    typology: str, alerts: int, blocks: int, score: float | None, usd: int, condition: dict[str, Any]
) -> None:
    shipped = CONTENTS[("gathering", "gathering")]
    said = EscalationFacts(typology, alerts, blocks, score, {"USD": usd})
    expected = (
        (not condition.get("typologies") or typology in condition["typologies"])
        and (condition.get("severity") != "block" or blocks > 0)
        and ("urgency_min" not in condition or (score is not None and score >= condition["urgency_min"]))
        and alerts >= condition.get("alerts_min", 0)
    )
    assert Gathering({**shipped, "escalate": [condition]}).escalates(said) == expected
    assert not Gathering({**shipped, "escalate": []}).escalates(said)


@given(documents, documents)
def test_differences_are_there_where_two_documents_are_not_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (differences(one, other) == []) == (one == other)
    assert (
        [(each.before, each.after) for each in differences(one, other)]
        == [(each.after, each.before) for each in differences(other, one)]
        or len(one["rules"]) != len(other["rules"])
        or one != other
    )


# --- with items


def put_in_force(admin: User, *rules: dict[str, Any]) -> int:
    policy = work_policy_get(admin, "routing")
    version = work_policy_change(actor=admin, policy=policy, content={"rules": list(rules)}, reason="They know them.")
    return version.pk


def rule(queue: Queue, **when: Any) -> dict[str, Any]:
    return {"name": queue.name, "queue": queue.slug, "when": when}


def gathered(alert: Alert) -> Incident:
    gather_alerts(alerts=[alert])
    return Incident.objects.get(case_alerts__alert=alert)


@pytest.mark.django_db
def test_the_first_rule_that_holds_chooses_and_its_version_is_named(admin: User) -> None:
    large, rest = factories.queue("large"), factories.queue("rest")
    version = put_in_force(admin, rule(large, amount_min="10000", currency="USD"), rule(rest))
    incident = gathered(factories.alert())
    assert incident.queue == large
    assert QueueEntry.objects.get(incident=incident).routing_version_id == version


@pytest.mark.django_db
def test_a_rule_whose_queue_does_not_serve_the_unit_is_passed_over(admin: User) -> None:
    bank, other = factories.unit("bank"), factories.unit("other")
    theirs, ours = factories.queue("theirs", unit=other), factories.queue("ours", unit=bank)
    put_in_force(admin, rule(theirs), rule(ours))
    assert gathered(factories.alert(of=factories.account(of=factories.source(unit=bank)))).queue == ours


@pytest.mark.django_db
def test_what_no_rule_takes_goes_as_before_and_names_no_version(admin: User) -> None:
    by_typology, block = factories.queue("t", typologies=[Typology.LARGE_AMOUNT]), factories.queue("block")
    put_in_force(admin, rule(block, severity="block"))
    incident = gathered(factories.alert())
    assert incident.queue == by_typology
    assert QueueEntry.objects.get(incident=incident).routing_version_id is None
    assert gathered(factories.alert(outcome=Outcome.BLOCK)).queue == block


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"countries": ["IR"]}, True), ({"countries": ["FR"]}, False), ({"sources": ["wires"]}, True),
        ({"sources": ["cards"]}, False), ({"units": ["bank"]}, True), ({"units": ["beside"]}, False),
        ({"level": "incident"}, True), ({"level": "case"}, False), ({"programme": "aml"}, True),
    ],
)  # fmt: skip
def test_rules_look_at_where_an_alert_comes_from(admin: User, when: dict[str, Any], expected: bool) -> None:
    bank = factories.unit("bank")
    factories.unit("beside")
    factories.source("cards")
    branch = factories.unit("branch", parent=bank, kind="branch")
    account = factories.account(of=factories.source("wires", unit=branch))
    chosen = factories.queue("chosen")
    put_in_force(admin, rule(chosen, **when))
    alert = factories.alert(of=account)
    type(alert.transaction).objects.filter(pk=alert.transaction_id).update(counterparty_country="IR")
    assert (gathered(alert).queue == chosen) is expected


@pytest.mark.django_db
def test_a_case_is_routed_by_the_alerts_that_it_takes(admin: User) -> None:
    cases = factories.queue("cases")
    put_in_force(admin, rule(cases, level="case", countries=["IR"], amount_min="10000", currency="USD"))
    alert = factories.alert()
    type(alert.transaction).objects.filter(pk=alert.transaction_id).update(counterparty_country="IR")
    (case,) = escalated(alerts=[alert])
    assert case.queue == cases
    assert case.incidents.get().queue != cases


@pytest.mark.django_db
def test_routing_asks_the_same_number_of_statements_for_any_number_of_items(admin: User) -> None:
    factories.source("cards")
    factories.unit("bank")
    queue = factories.queue("chosen")
    put_in_force(
        admin, rule(queue, countries=["IR"], sources=["cards"], units=["bank"], customer_risk=["high"]), rule(queue)
    )
    counts = []
    for number in (1, 1, 7):
        alerts = [factories.alert() for _ in range(number)]
        with CaptureQueriesContext(connection) as captured:
            gather_alerts(alerts=alerts)
        counts.append(len(captured))
    assert counts[1] == counts[2]


@pytest.mark.django_db
def test_a_dry_run_is_what_routing_then_does_and_moves_nothing(admin: User, superuser: User) -> None:
    large, iran = factories.queue("large"), factories.queue("iran")
    alerts = [factories.alert(outcome=Outcome.BLOCK if n % 2 else Outcome.REVIEW) for n in range(6)]
    alert = alerts[0]
    type(alert.transaction).objects.filter(pk=alert.transaction_id).update(counterparty_country="IR")
    escalated(alerts=alerts[:3])
    gather_alerts(alerts=alerts[3:])
    draft = {"rules": [rule(iran, countries=["IR"]), rule(large, severity="block", level="incident")]}
    before = {(each.KIND, each.pk): each.queue_id for model in (Incident, Case) for each in model.objects.all()}
    result = routing_dry_run(actor=superuser, policy=work_policy_get(superuser, "routing"), content=draft)
    assert last_event("work_policy.dry_run")["data"]["elsewhere"] == result.elsewhere
    assert not WorkPolicy.objects.exists()
    put_in_force(admin, *draft["rules"])
    after = {(each.KIND, each.pk): each.queue_id for model in (Incident, Case) for each in model.objects.all()}
    assert after == before
    routed = {**_routed(Incident), **_routed(Case)}
    names = dict(Queue.objects.values_list("pk", "slug"))
    assert {row.queue: row.after for row in result.queues if row.after} == Counter(names[pk] for pk in routed.values())
    assert {row.queue: row.before for row in result.queues if row.before} == Counter(
        names[pk] for pk in before.values()
    )
    assert result.elsewhere == sum(routed[key] != before[key] for key in before)
    assert {each.reference for each in result.examples} == {
        each.reference for model in (Incident, Case) for each in model.objects.all()
        if routed[each.KIND, each.pk] != before[each.KIND, each.pk]
    }  # fmt: skip
    assert (result.items, result.is_whole) == (9, True)


@service
def _routed(model: Any) -> dict[tuple[str, int], int]:
    """Where routing would put the items of that kind if they were opened now."""
    items = list(model.objects.all())
    alerts = {id(item): list(item.case_alerts.values_list("alert_id", flat=True)) for item in items}
    route(items, lambda: alerts)
    return {(item.KIND, item.pk): item.queue_id for item in items}


@pytest.mark.django_db
def test_the_examples_of_a_dry_run_are_those_that_the_asker_may_see(admin: User) -> None:
    queue = factories.queue("large")
    gather_alerts(alerts=[factories.alert()])
    draft = {"rules": [rule(queue)]}
    result = routing_dry_run(actor=admin, policy=work_policy_get(admin, "routing"), content=draft)
    assert (result.elsewhere, result.examples) == (1, [])
