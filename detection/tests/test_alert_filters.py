"""Alerts with two of everything: each filter finds its own, on the page and for machines, and nobody another's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from detection.alerts import selectors
from detection.alerts.queries import alerts_of_batches
from detection.alerts.urgency import BEGINS, urgency
from detection.choices import ModelRole, Outcome, Typology
from detection.models import Alert, Assessment
from detection.tests.factories import alert_for, model_version
from finobs.core.errors import NotAllowed, NotFound
from tests import factories
from tests.support.clients import signed_in
from tests.support.escalation import escalated

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def raised(account: str, typology: str, *, at: Any, **fields: Any) -> Alert:
    """An alert on a transaction of an account, gathered into the case of its typology's queue."""
    row = factories.transaction(of=factories.account(account), amount_minor=1_250_000)
    alert = alert_for(row, typology=typology)
    Alert.objects.filter(pk=alert.pk).update(created_at=at, **fields)
    alert.refresh_from_db()
    escalated(alerts=[alert])
    return alert


@pytest.fixture
def alerts(analyst, queue):
    """Three in the analyst's queue, on three days; one in a queue of somebody else."""
    queue.typologies = [Typology.LARGE_AMOUNT, Typology.STRUCTURING]
    queue.save(update_fields=["typologies"])
    factories.queue("other", typologies=[Typology.DORMANT])
    return {
        "large": raised("A-1", Typology.LARGE_AMOUNT, at=factories.NOON),
        "split": raised("A-2", Typology.STRUCTURING, at=factories.NOON + DAY),
        "blocked": raised("A-1", Typology.LARGE_AMOUNT, at=factories.NOON + 2 * DAY, outcome=Outcome.BLOCK),
        "hidden": raised("A-1", Typology.DORMANT, at=factories.NOON),
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["blocked", "large", "split"]),
        ({"typology": Typology.LARGE_AMOUNT}, ["blocked", "large"]),
        ({"typology": Typology.STRUCTURING}, ["split"]),
        ({"typology": Typology.DORMANT}, []),
        ({"outcome": Outcome.REVIEW}, ["large", "split"]),
        ({"outcome": Outcome.BLOCK}, ["blocked"]),
        ({"account": "A-1"}, ["blocked", "large"]),
        ({"account": "A-"}, []),
        ({"raised_from": "2026-03-03"}, ["blocked", "split"]),
        ({"raised_to": "2026-03-03"}, ["large", "split"]),
        ({"raised_from": "2026-03-03", "raised_to": "2026-03-03"}, ["split"]),
        ({"outcome": Outcome.REVIEW, "account": "A-1"}, ["large"]),
    ],
)
def test_each_filter_finds_its_own_alerts_on_the_page_and_for_machines(query, names, alerts, analyst):
    client, by_id = signed_in(analyst), {alert.pk: name for name, alert in alerts.items()}
    machine = client.get("/api/v1/alerts", query).json()["results"]
    assert sorted(by_id[row["id"]] for row in machine) == names
    page = client.get("/detection/alerts/", query).content.decode()
    assert sorted(name for pk, name in by_id.items() if f"/detection/alerts/{pk}/" in page) == names


@pytest.mark.parametrize(
    "query", [{"typology": "odd"}, {"outcome": "approve"}, {"raised_from": "soon"}, {"raised_to": "2026-02-30"}]
)
def test_a_filter_that_makes_no_sense_is_named(query, alerts, analyst):
    response = signed_in(analyst).get("/api/v1/alerts", query)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [f"#/{name}" for name in query]


def test_machines_read_exactly_these_fields_of_an_alert(alerts, analyst):
    alert = alerts["split"]
    version = alert.rule_version
    answer = signed_in(analyst).get(f"/api/v1/alerts/{alert.pk}").json()
    assert answer == {
        "id": alert.pk, "transaction_id": alert.transaction_id, "transaction_external_id": alert.transaction.external_id,
        "account": "A-2", "typology": "structuring", "outcome": "review", "score": None, "rule": version.rule.slug,
        "rule_version": 1, "model_version_id": None, "reasons": [], "created_at": answer["created_at"],
        "parameters": {"rules": [], "models": []}, "snapshot": {}, "snapshot_digest": "0" * 64,
        "customer": None, "external": None,
    }  # fmt: skip
    listed = signed_in(analyst).get("/api/v1/alerts", {"account": "A-2"}).json()["results"][0]
    assert listed == {name: answer[name] for name in listed}
    assert not {"snapshot", "parameters"} & set(listed)


def test_an_alert_of_another_queue_is_not_there(alerts, analyst):
    pk = alerts["hidden"].pk
    for address in (f"/api/v1/alerts/{pk}", f"/api/v1/alerts/{pk}/explanation", f"/detection/alerts/{pk}/"):
        assert signed_in(analyst).get(address).status_code == 404, address
    with pytest.raises(NotFound):
        selectors.alert_get(analyst, pk)


def test_an_assessment_shows_the_alert_to_those_who_see_its_case_alone(alerts, analyst):
    for name in ("large", "hidden"):
        Assessment.objects.create(transaction=alerts[name].transaction, outcome="review", assessed_at=factories.NOON)
    seen = {name: selectors.assessment_of(analyst, alerts[name].transaction_id) for name in ("large", "hidden")}
    assert seen["large"] == (Assessment.objects.get(pk=alerts["large"].transaction_id), alerts["large"])
    assert seen["hidden"] == (Assessment.objects.get(pk=alerts["hidden"].transaction_id), None)
    with pytest.raises(NotFound):
        selectors.assessment_of(analyst, alerts["split"].transaction_id)


def test_the_rules_that_fired_are_those_of_the_assessment(alerts, analyst):
    versions = [alerts[name].rule_version for name in ("large", "split")]
    row = alerts["large"].transaction
    assessment = Assessment.objects.create(
        transaction=row, outcome="review", assessed_at=factories.NOON, fired=[versions[0].pk]
    )
    assert selectors.fired_versions(analyst, assessment) == [versions[0]]


@pytest.mark.parametrize("kind", ["alert", "transaction"])
def test_without_a_model_there_is_no_score_to_explain(kind, alerts, analyst):
    alert = alerts["large"]
    Assessment.objects.create(transaction=alert.transaction, outcome="review", assessed_at=factories.NOON)
    read = selectors.alert_explanation if kind == "alert" else selectors.transaction_explanation
    with pytest.raises(NotFound, match="No model was in force"):
        read(analyst, alert.pk if kind == "alert" else alert.transaction_id)


def test_alerts_are_counted_by_the_batch_of_their_transactions(alerts):
    batches = [alerts[name].transaction.batch_id for name in ("large", "split")]
    assert [alerts_of_batches(ids) for ids in ([], batches[:1], batches, [0])] == [0, 1, 2, 0]


@pytest.mark.parametrize("read", ["alerts_visible", "alert_get", "alert_explanation"])
def test_a_stranger_reads_no_alert(read, alerts, stranger):
    arguments = [] if read == "alerts_visible" else [alerts["large"].pk]
    with pytest.raises((NotAllowed, NotFound)):
        getattr(selectors, read)(stranger, *arguments)


def test_an_auditor_of_the_queue_reads_what_the_analyst_reads(alerts, auditor, analyst):
    assert set(selectors.alerts_visible(auditor)) == set(selectors.alerts_visible(analyst))
    assert not selectors.may_explain(factories.user("Nobody"))


def test_the_list_reads_no_snapshot_and_no_artefact(alerts, analyst):
    Alert.objects.update(model_version=model_version())
    alert = selectors.alerts_visible(analyst).first()
    assert alert is not None
    assert alert.get_deferred_fields() == {"snapshot", "explanation"}
    assert alert.model_version is not None
    assert alert.model_version.get_deferred_fields() == {"artefact", "metrics"}


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ([("anomaly", 0.8, 0.8)], 0.0), ([("anomaly", 0.8, 0.9)], 0.25), ([("anomaly", 0.8, 1.0)], 0.5),
        ([("supervised", 0.5, 0.5)], 0.5), ([("supervised", 0.5, 0.75)], 0.75), ([("supervised", 0.5, 1.0)], 1.0),
        ([("supervised", 0.5, 0.49), ("anomaly", 0.8, 0.9)], 0.25), ([("supervised", 0.5, 0.5), ("anomaly", 0.8, 1.0)], 0.5),
        ([("anomaly", 1.0, 1.0)], 0.0), ([("anomaly", 0.8, 0.79)], None),
    ],
)  # fmt: skip
def test_urgency_is_how_far_the_model_that_asks_for_most_lies_above_its_threshold(models, expected):
    parameters = [{"role": role, "threshold": repr(at), "score": repr(score)} for role, at, score in models]
    found = urgency({"models": parameters})
    assert found == (None if expected is None else pytest.approx(expected))


def test_every_role_has_its_half_of_the_scale():
    assert sorted(BEGINS.values()) == [0.0, 0.5]
    assert set(BEGINS) == set(ModelRole.values)
