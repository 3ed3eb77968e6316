"""The answer to a decision, field by field: from what was kept alone, and as machines get it, with two of everything."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from detection.choices import ModelRole, Outcome
from detection.decisions import selectors
from detection.decisions.answer import COLUMNS, VERSION_COLUMNS, DecisionRow, VersionRow, decision_body
from detection.models import Alert, Assessment
from detection.tests import factories as detection_factories
from finobs.core import access
from finobs.core.errors import NotAllowed, NotFound
from tests import factories
from tests.support.clients import signed_in
from transactions.models import Batch, Transaction

RULES = {
    number: {"version_id": number, "rule": f"rule-{number}", "number": 1, "typology": "large_amount"}
    for number in (5, 6)
}
VERSIONS = {
    1: VersionRow(1, "supervised", "supervised", 3, "account-1", "d" * 64, 0.5, "a" * 64),
    2: VersionRow(2, "anomaly", "ensemble", 8, "account-1", None, 0.9, "b" * 64),
}
APPROVED = DecisionRow(
    transaction_id=77, outcome="approve", score=None, fired=[], assessed_at=factories.NOON, external_id="T-1", account_id=4,
    batch_id=9, source="cards", model_version_id=None, anomaly_version_id=None, anomaly_score=None, if_score=None,
    pca_error=None, alert_id=None, typology=None, reasons=None,
)  # fmt: skip
LINKS = {
    "decision": "/api/v1/decisions/77", "transaction": "/api/v1/transactions/77", "account": "/api/v1/accounts/4",
    "batch": "/api/v1/batches/9",
}  # fmt: skip


def body(**changes: Any) -> dict[str, Any]:
    return decision_body(APPROVED._replace(**changes), RULES, VERSIONS)


def test_without_models_and_rules_a_decision_says_that_nothing_was_asked_for():
    assert body() == {
        "transaction_id": 77, "source": "cards", "external_id": "T-1", "decision": "approve", "score": None,
        "typology": None, "parts": {"rules": "approve", "anomaly": None, "supervised": None}, "rules": [], "reasons": [],
        "models": [], "alert_id": None, "decided_at": factories.NOON, "links": LINKS,
    }  # fmt: skip


def test_rules_are_told_with_their_own_reasons_in_their_order():
    answer = body(
        outcome="block", fired=[6, 5], alert_id=3, typology="large_amount", reasons=["Six.", "Five.", "Model."]
    )
    assert answer["rules"] == [{**RULES[6], "reason": "Six."}, {**RULES[5], "reason": "Five."}]
    assert answer["reasons"] == ["Six.", "Five.", "Model."]
    assert answer["parts"] == {"rules": "block", "anomaly": None, "supervised": None}
    assert answer["links"] == {**LINKS, "alert": "/api/v1/alerts/3"}


@pytest.mark.parametrize(
    ("supervised", "anomaly", "asked"),
    [
        (0.5, 0.9, ("review", "review")), (0.499999, 0.9, ("approve", "review")), (0.5, 0.899999, ("review", "approve")),
        (0.1, 0.1, ("approve", "approve")),
    ],
)  # fmt: skip
def test_each_model_asks_from_its_own_threshold_on(supervised, anomaly, asked):
    answer = body(score=supervised, model_version_id=1, anomaly_version_id=2, anomaly_score=anomaly)
    assert [(model["role"], model["decision"]) for model in answer["models"]] == [
        ("supervised", asked[0]), ("anomaly", asked[1])
    ]  # fmt: skip
    assert answer["parts"] == {"rules": "approve", "supervised": asked[0], "anomaly": asked[1]}
    assert answer["links"]["model"] == "/api/v1/models/1"


def test_a_model_is_told_with_all_that_identifies_it():
    answer = body(score=0.75, model_version_id=1)
    assert answer["models"] == [
        {
            "version_id": 1, "model": "supervised v3", "role": "supervised", "feature_set": "account-1",
            "feature_digest": "d" * 64, "threshold": 0.5, "sha256": "a" * 64, "score": 0.75, "decision": "review",
            "members": None,
        }
    ]  # fmt: skip


def test_an_anomaly_model_alone_is_told_once_with_its_members():
    answer = body(score=0.95, model_version_id=2, anomaly_version_id=2, anomaly_score=0.95, if_score=0.7, pca_error=1.5)
    (model,) = answer["models"]
    assert (model["version_id"], model["score"], model["members"]) == (2, 0.95, {"if_score": 0.7, "pca_error": 1.5})
    assert answer["parts"] == {"rules": "approve", "anomaly": "review", "supervised": None}


def test_a_review_by_a_model_leaves_the_part_of_rules_at_approve():
    by_model = body(outcome="review", score=0.75, model_version_id=1, reasons=["It resembles."], alert_id=3)
    by_rule = body(outcome="review", score=0.1, model_version_id=1, fired=[5], reasons=["Five."], alert_id=3)
    assert (by_model["parts"]["rules"], by_rule["parts"]["rules"]) == ("approve", "review")


def test_a_later_alert_of_what_was_approved_is_no_part_of_the_decision():
    answer = body(alert_id=3, typology="unusual_activity", reasons=["Late."])
    assert (answer["alert_id"], answer["typology"], answer["reasons"]) == (None, None, [])
    assert answer["links"] == LINKS


def test_columns_are_as_many_as_the_fields_that_they_fill():
    assert len(COLUMNS) == len(DecisionRow._fields)
    assert len(VERSION_COLUMNS) == len(VersionRow._fields)


@pytest.fixture
def decided(source):
    """A transaction of each of two sources: one that a rule stopped and a model scored, one approved without any."""
    version = detection_factories.model_version(ModelRole.ANOMALY, parameters={"feature_digest": "d" * 64})
    stopped = factories.transaction(of=factories.account(of=source), occurred_at=factories.NOON + timedelta(hours=1))
    alert = detection_factories.alert_for(stopped, reasons=["Too much."])
    Assessment.objects.create(
        transaction=stopped, outcome=Outcome.REVIEW, score=0.75, fired=[alert.rule_version_id], assessed_at=factories.NOON,
        model_version=version, anomaly_version=version, anomaly_score=0.75, if_score=0.5, pca_error=2.0,
    )  # fmt: skip
    passed = factories.transaction(of=factories.account(of=factories.source("wires")))
    Assessment.objects.create(transaction=passed, outcome=Outcome.APPROVE, fired=[], assessed_at=factories.NOON)
    return stopped, passed, alert, version


@pytest.mark.django_db
def test_what_was_kept_is_read_back_as_it_was_decided(decided, admin):
    stopped, passed, alert, version = decided
    answers = selectors.decisions_of(admin, [passed.pk, stopped.pk])
    assert set(answers) == {stopped.pk, passed.pk}
    answer = answers[stopped.pk]
    assert (answer["source"], answer["external_id"], answer["alert_id"]) == ("cards", stopped.external_id, alert.pk)
    rule = alert.rule_version
    assert answer["rules"] == [
        {"version_id": rule.pk, "rule": rule.rule.slug, "number": 1, "typology": "large_amount", "reason": "Too much."}
    ]
    (model,) = answer["models"]
    assert (model["version_id"], model["feature_digest"], model["members"]) == (
        version.pk, "d" * 64, {"if_score": 0.5, "pca_error": 2.0}
    )  # fmt: skip
    assert answers[passed.pk]["links"]["batch"] == f"/api/v1/batches/{passed.batch_id}"
    assert (answers[passed.pk]["models"], answers[passed.pk]["rules"]) == ([], [])


@pytest.mark.django_db
def test_machines_get_the_same_decision_again_and_not_of_another(decided, admin):
    stopped, passed, *_ = decided
    client = signed_in(admin)
    for row in (stopped, passed):
        answer = client.get(f"/api/v1/decisions/{row.pk}").json()
        expected = selectors.decision_get(admin, row.pk)
        assert answer == {**expected, "decided_at": answer["decided_at"]}
        assert answer["decided_at"].startswith("2026-03-02T12:00:00")
    unassessed = factories.transaction()
    assert client.get(f"/api/v1/decisions/{unassessed.pk}").status_code == 404
    with pytest.raises(NotFound):
        selectors.decision_get(admin, unassessed.pk)


@pytest.mark.django_db
def test_decisions_of_transactions_that_one_may_not_see_are_not_told(decided, admin, monkeypatch):
    stopped, passed, *_ = decided
    restrict = access.restrict

    def only_cards(rows, user, action):
        rows = restrict(rows, user, action)
        return rows.filter(transaction__source__slug="cards") if rows.model is Assessment else rows

    monkeypatch.setattr(access, "restrict", only_cards)
    assert set(selectors.decisions_of(admin, [stopped.pk, passed.pk])) == {stopped.pk}


@pytest.mark.django_db
def test_many_decisions_are_read_in_pieces(decided, admin, monkeypatch):
    stopped, passed, *_ = decided
    monkeypatch.setattr(selectors, "CHUNK", 1)
    assert set(selectors.decisions_of(admin, [passed.pk, stopped.pk, 10**9])) == {stopped.pk, passed.pk}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["analyst", "auditor", "stranger"])
def test_who_may_not_bring_transactions_in_is_told_no_decision(name, decided, request):
    person = request.getfixturevalue(name)
    with pytest.raises((NotAllowed, NotFound)):
        selectors.decisions_of(person, [decided[0].pk])
    assert signed_in(person).get(f"/api/v1/decisions/{decided[0].pk}").status_code in (403, 404)


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "external_id": f"T-{number}", "account": "A-1", "occurred_at": "2026-03-02T12:00:00Z", "amount": "5.00",
        "currency": "USD", **changes,
    }  # fmt: skip


def post(person: Any, body: Any, *, batch: bool = True, key: str = "k-1", source: str = "") -> Any:
    address = f"/api/v1/decisions{'/batch' if batch else ''}{f'?source={source}' if source else ''}"
    return signed_in(person).post(
        address, json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key}
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("rows", "status"), [(0, 422), (10_001, 413)])
def test_a_batch_has_from_one_to_ten_thousand_rows(rows, status, admin, source):
    response = post(admin, {"source": source.slug, "transactions": [row(1)] * rows})
    assert response.status_code == status
    assert not Batch.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("batch", [True, False])
def test_an_unknown_source_is_not_found_and_takes_nothing(batch, admin, source):
    body = {"source": "nowhere", "transactions": [row(1)]} if batch else {"source": "nowhere", **row(1)}
    assert post(admin, body, batch=batch).status_code == 404
    assert not Transaction.objects.exists()


@pytest.mark.django_db
def test_the_source_of_the_address_holds_for_a_body_without_one(admin, source):
    factories.source("wires")
    response = post(admin, [row(1), row(2)], source="wires")
    assert response.status_code == 200, response.content
    assert [each["decision"]["source"] for each in response.json()["results"]] == ["wires", "wires"]


@pytest.mark.django_db
def test_a_batch_is_answered_row_by_row_with_its_counts(admin, source):
    rows = [row(1), row(2, amount="ten"), row(3), row(1)]
    answer = post(admin, {"source": source.slug, "transactions": rows}).json()
    assert {name: answer[name] for name in ("received", "accepted", "duplicate", "quarantined")} == {
        "received": 4, "accepted": 2, "duplicate": 1, "quarantined": 1
    }  # fmt: skip
    assert [(each["row_number"], each["status"], each["decision"] is not None) for each in answer["results"]] == [
        (1, "accepted", True), (2, "quarantined", False), (3, "accepted", True), (4, "duplicate", True)
    ]  # fmt: skip
    told = [each["decision"]["external_id"] for each in answer["results"] if each["decision"]]
    assert told == ["T-1", "T-3", "T-1"]
    assert set(answer["results"][1]) == {
        "row_number", "external_id", "status", "quarantined_row_id", "reason", "detail", "decision"
    }  # fmt: skip
    assert answer["results"][1]["reason"] == "amount"
    assert answer["batch_id"] == Batch.objects.get().pk
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_the_same_key_answers_the_same_batch_and_refuses_another(admin, source):
    body = {"source": source.slug, "transactions": [row(1)]}
    first, again = post(admin, body), post(admin, body)
    assert again.content == first.content
    assert post(admin, {"source": source.slug, "transactions": [row(2)]}).status_code == 422
    assert Batch.objects.count() == 1
    other_key = post(admin, body, key="k-2").json()
    assert (other_key["duplicate"], other_key["accepted"]) == (1, 0)
    assert other_key["results"][0]["decision"] == first.json()["results"][0]["decision"]


@pytest.mark.django_db
def test_the_same_external_id_of_another_source_is_another_transaction(admin, source):
    factories.source("wires")
    answers = [post(admin, {"source": slug, **row(1)}, batch=False, key=slug) for slug in ("cards", "wires", "cards")]
    assert [answer.status_code for answer in answers[:2]] == [201, 201]
    ids = [answer.json()["transaction_id"] for answer in answers]
    assert ids[0] != ids[1]
    assert ids[2] == ids[0]


@pytest.mark.django_db
def test_one_transaction_is_asked_for_one_at_a_time(admin, source):
    response = post(admin, {"source": source.slug, "transactions": [row(1), row(2)]}, batch=False)
    assert response.status_code == 422
    assert "/api/v1/decisions/batch" in response.content.decode()
    assert not Batch.objects.exists()
