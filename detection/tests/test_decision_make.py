"""POST /api/v1/decisions and /api/v1/decisions/batch: what they answer, and that they only ever `ingest`."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Incident
from detection.models import Alert, Assessment
from detection.tests import scenarios
from finobs.accounts.services import token_create
from finobs.ledger.models import Event
from tests import factories
from transactions.models import Batch, QuarantinedRow, Transaction

pytestmark = pytest.mark.django_db
URL, BATCH = "/api/v1/decisions", "/api/v1/decisions/batch"


def fields(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "external_id": f"T-{number}", "account": "A-1", "counterparty": "M-1", "occurred_at": "2026-03-02T12:00:00Z",
        "amount": "12.50", "currency": "USD", **changes,
    }  # fmt: skip


def signed_in(person) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="finobs.accounts.backends.RolePermissionBackend")
    return client


def ask(client: Client, body: Any, url: str = URL, **headers: str):
    return client.post(url, json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def feed(admin) -> Client:
    return signed_in(admin)


@pytest.fixture
def one(feed, source):
    """Ask for one decision."""
    return lambda **changes: ask(feed, {"source": source.slug, **fields(**changes)})


@pytest.fixture
def many(feed, source):
    """Ask for decisions on many."""

    def post(rows, key=""):
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return ask(feed, {"source": source.slug, "transactions": rows}, BATCH, **headers)

    return post


def test_an_ordinary_transaction_is_approved_and_kept(one):
    response = one()
    assert response.status_code == 201, response.content
    answer, row = response.json(), Transaction.objects.get()
    assert (answer["decision"], answer["reasons"], answer["rules"], answer["alert_id"]) == ("approve", [], [], None)
    assert (answer["transaction_id"], answer["external_id"], answer["source"]) == (row.pk, "T-1", "cards")
    assert (answer["score"], answer["models"]) == (None, [])
    assert answer["parts"] == {"rules": "approve", "anomaly": None, "supervised": None}
    assert Assessment.objects.get().pk == row.pk


def test_the_ledger_commits_to_each_decision(one):
    one()
    event = json.loads(bytes(Event.objects.get(action="batch.ingest").body))
    assert (event["data"]["accepted"], event["data"]["root"]) == (1, bytes(Batch.objects.get().root or b"").hex())
    one(number=2, amount="20000")
    acts = list(Event.objects.order_by("pk").values_list("action", flat=True))
    assert acts == ["batch.ingest", "batch.ingest"]
    factories.rule_version()
    one(number=3, amount="20000")
    assert {"transaction.review", "alert.raise", "incident.open"} <= set(Event.objects.values_list("action", flat=True))


def test_a_rule_that_fires_is_named_with_its_reason(one):
    version = factories.rule_version()
    answer = one(amount="12500").json()
    assert answer["decision"] == "review"
    assert answer["parts"]["rules"] == "review"
    words = ["Amount of $12,500.00 is at or above the review limit of $10,000.00."]
    assert answer["reasons"] == words
    assert answer["rules"] == [
        {
            "version_id": version.pk,
            "rule": version.rule.slug,
            "number": 1,
            "typology": "large_amount",
            "reason": words[0],
        }
    ]
    alert = Alert.objects.get()
    assert (answer["alert_id"], answer["links"]["alert"]) == (alert.pk, f"/api/v1/alerts/{alert.pk}")
    assert Incident.objects.count() == 1


def test_the_most_severe_rule_comes_first(one):
    mild = factories.rule_version(parameters={"currency": "USD", "review_at": "5.00", "block_at": None})
    hard = factories.rule_version(parameters={"currency": "USD", "review_at": None, "block_at": "10.00"})
    answer = one().json()
    assert answer["decision"] == answer["parts"]["rules"] == "block"
    assert [rule["version_id"] for rule in answer["rules"]] == [hard.pk, mild.pk]


def test_a_model_says_its_part_beside_the_rules(one, source, admin):
    version = scenarios.champion(source, admin)
    answer = one(amount="9999999.37", occurred_at="2026-03-01T03:33:00Z").json()
    assert answer["decision"] == "review"
    assert answer["parts"] == {"rules": "approve", "anomaly": "review", "supervised": None}
    (model,) = answer["models"]
    assert answer["score"] == model["score"] >= model["threshold"] == version.threshold
    assert (model["version_id"], model["sha256"], model["role"]) == (version.pk, version.sha256, "anomaly")
    assert model["feature_set"] == version.feature_set
    assert model["feature_digest"] == version.parameters["feature_digest"]
    kept = Assessment.objects.get()
    assert model["members"] == {"if_score": kept.if_score, "pca_error": kept.pca_error}
    assert answer["typology"] == "unusual_activity"
    asks, *stands_out = answer["reasons"]
    assert asks.startswith("Unusual for its account and others: score ")
    assert 1 <= len(stands_out) <= 3
    assert "An amount of $9,999,999.37, above 99.9% of those the model learned from." in stands_out


def test_a_model_cannot_lower_what_a_rule_demands(one, source, admin):
    scenarios.champion(source, admin)
    factories.rule_version(parameters={"currency": "USD", "review_at": None, "block_at": "1.00"})
    answer = one(amount="30.00", occurred_at="2026-03-08T12:00:00Z").json()
    assert (answer["decision"], answer["parts"]) == (
        "block",
        {"rules": "block", "anomaly": "approve", "supervised": None},
    )


def test_a_known_transaction_is_answered_with_its_stored_decision(one):
    first = one(amount="12500")
    factories.rule_version()
    again = one(amount="12500")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Assessment.objects.count() == 1


def test_every_link_leads_somewhere(one, feed, source, admin):
    scenarios.champion(source, admin)
    factories.rule_version()
    superuser = signed_in(factories.user("Sue", is_superuser=True, is_staff=True))
    answer = one(amount="12500").json()
    assert len(answer["links"]) == 6
    for link in answer["links"].values():
        assert superuser.get(link).status_code == 200, link


def test_a_decision_can_be_asked_for_again_later(one, feed):
    answer = one().json()
    assert feed.get(answer["links"]["decision"]).json() == answer
    assert feed.get(f"{URL}/{answer['transaction_id'] + 1}").status_code == 404


def test_a_transaction_that_cannot_be_taken_is_a_problem_that_names_its_row(one):
    response = one(amount="ten")
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")
    told, row = response.json(), QuarantinedRow.objects.get()
    assert (told["type"], told["reason"]) == ("urn:finobs:problem:quarantined", "amount")
    assert (told["quarantined_row_id"], told["external_id"], told["status"]) == (row.pk, "", 422)
    assert "ten" in told["detail"]
    assert one(amount="ten").json()["quarantined_row_id"] == row.pk


def test_a_known_id_with_other_content_is_a_problem_too(one):
    one()
    told = one(amount="13.00").json()
    assert (told["status"], told["reason"]) == (422, "conflict")
    assert Transaction.objects.get().amount_minor == 1250


def test_a_key_is_honoured_though_not_needed(feed, source):
    body = {"source": source.slug, **fields()}
    first, again = (ask(feed, body, **{"Idempotency-Key": "k-1"}) for _ in range(2))
    assert first.content == again.content
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    other = ask(feed, {**body, "amount": "1"}, **{"Idempotency-Key": "k-1"})
    assert other.status_code == 422
    assert Batch.objects.count() == 1


def test_a_quarantine_is_replayed_as_the_problem_that_it_was(feed, source):
    body = {"source": source.slug, **fields(amount="ten")}
    first, again = (ask(feed, body, **{"Idempotency-Key": "k-1"}) for _ in range(2))
    assert first.content == again.content
    assert again["Content-Type"] == "application/problem+json"
    assert QuarantinedRow.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"transactions": [fields(1), fields(2)]}, 422),
        ({"transactions": []}, 422),
        ("x", 422),
        ({"source": "nowhere", **fields()}, 422),
    ],
)
def test_what_is_not_one_transaction_of_a_known_source_is_refused(feed, source, body, status):
    assert ask(feed, body, f"{URL}?source={source.slug}").status_code == status
    assert Batch.objects.count() == 0


def test_a_source_that_nobody_has_is_not_found(feed, source):
    assert ask(feed, {"source": "nowhere", **fields()}, URL).status_code == 404


def test_no_json_is_no_request(feed):
    assert feed.post(URL, b"{", content_type="application/json").status_code == 400
    assert feed.post(URL, b"a=1", content_type="application/x-www-form-urlencoded").status_code == 415
    assert feed.get(URL).status_code == 405


def test_who_may_not_bring_transactions_in_gets_no_decision(one, analyst, stranger, auditor, source):
    answer = one().json()
    body = {"source": source.slug, **fields(2)}
    for person, status in ((analyst, 403), (auditor, 403), (stranger, 404)):
        client = signed_in(person)
        assert ask(client, body).status_code == status
        assert client.get(answer["links"]["decision"]).status_code == 403
    assert ask(Client(), body).status_code == 401
    assert Transaction.objects.count() == 1


def bearer(user, scopes) -> dict[str, str]:
    _, text = token_create(actor=user, user=user, name="feed", scopes=scopes, lifetime=timedelta(days=1))
    return {"Authorization": f"Bearer {text}"}


def test_a_token_reaches_no_further_than_its_scopes(source, service, superuser):
    body = {"source": source.slug, **fields()}
    user = superuser
    assert ask(Client(), body, **bearer(user, ["transaction:create", "transaction:read"])).status_code == 201
    assert ask(Client(), body, **bearer(user, ["transaction:read"])).status_code == 403
    assert ask(Client(), body, **bearer(user, ["transaction:create"])).status_code == 200


def test_a_decision_takes_few_statements(source, service, django_assert_max_num_queries):
    """Sign-in and permissions included: each one is a round trip that somebody waits for.

    Three are the frame's, on PostgreSQL sent in one go before the commit: the actor's row is share-locked and read again,
    and so is the grant to feed the source's unit, which one other statement asked for.
    """
    factories.rule_version()
    headers = bearer(service, ["transaction:create", "transaction:read"])
    body = {"source": source.slug, **fields(1)}
    assert ask(Client(), body, **headers).status_code == 201
    with django_assert_max_num_queries(15):
        assert ask(Client(), body | {"external_id": "T-2"}, **headers).status_code == 201


def test_many_are_answered_each_in_its_place(many):
    factories.rule_version()
    rows = [fields(1), fields(2, amount="ten"), fields(3, amount="20000"), fields(1), "no object"]
    response = many(rows)
    assert response.status_code == 200, response.content
    answer = response.json()
    assert [answer[name] for name in ("received", "accepted", "duplicate", "quarantined")] == [5, 2, 1, 2]
    results = answer["results"]
    assert [row["status"] for row in results] == ["accepted", "quarantined", "accepted", "duplicate", "quarantined"]
    assert [row["decision"] and row["decision"]["decision"] for row in results] == [
        "approve", None, "review", "approve", None,
    ]  # fmt: skip
    assert results[0]["decision"] == results[3]["decision"]
    assert results[1]["reason"] == "amount"
    assert QuarantinedRow.objects.filter(pk=results[1]["quarantined_row_id"]).exists()


def test_a_batch_needs_a_key_and_replays_under_it(many, feed, source):
    assert ask(feed, {"source": source.slug, "transactions": [fields()]}, BATCH).status_code == 400
    first, again = many([fields(1), fields(2)], "k-1"), many([fields(1), fields(2)], "k-1")
    assert first.content == again.content
    assert again["Idempotency-Replayed"] == "true"
    later = many([fields(2), fields(3)]).json()
    assert [row["status"] for row in later["results"]] == ["duplicate", "accepted"]
    assert later["results"][0]["decision"] == first.json()["results"][1]["decision"]


def test_a_batch_of_more_than_one_statement_takes_is_whole(many):
    answer = many([fields(number) for number in range(2_000)]).json()
    assert len({row["decision"]["transaction_id"] for row in answer["results"]}) == 2_000


@pytest.mark.parametrize("rows", [0, 10_001])
def test_a_batch_holds_one_to_ten_thousand(many, rows):
    assert many([fields()] * rows).status_code == (413 if rows else 422)


def test_addresses_are_named(source):
    assert reverse("detection_api:decision-make") == URL
    assert reverse("detection_api:decision-batch") == BATCH
    assert reverse("detection_api:decision-detail", args=[7]) == f"{URL}/7"
