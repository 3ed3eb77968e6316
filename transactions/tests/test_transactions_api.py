"""POST /api/v1/transactions and the reads beside it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finobs.core.models import IdempotentAnswer
from transactions.choices import QuarantineReason
from transactions.models import Batch, QuarantinedRow, Transaction

from .conftest import fields

pytestmark = pytest.mark.django_db
URL = "/api/v1/transactions"


def signed_in(person) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def post(client: Client, body: Any, key: str = "", url: str = URL):
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    headers = {"Idempotency-Key": key or uuid.uuid4().hex}
    return client.post(url, content, content_type="application/json", headers=headers)


def test_one_transaction_is_answered_with_its_decision(admin, bank):
    response = post(signed_in(admin), {"source": "bank", **fields()})
    assert response.status_code == 200, response.content
    answer = response.json()
    assert (answer["received"], answer["accepted"]) == (1, 1)
    row = answer["results"][0]
    assert (row["status"], row["outcome"], row["external_id"]) == ("accepted", "approve", "T-1")
    assert row["transaction_id"] == Transaction.objects.get().pk


@pytest.mark.parametrize("shape", ["object", "list", "bare"])
def test_many_come_as_an_object_or_as_a_list(admin, bank, shape):
    rows = [fields(1), fields(2)]
    body = {"object": {"source": "bank", "transactions": rows}, "list": rows, "bare": {"transactions": rows}}[shape]
    url = URL if shape == "object" else f"{URL}?source=bank"
    assert post(signed_in(admin), body, url=url).json()["accepted"] == 2


def test_a_bad_row_is_told_by_its_number_and_stops_nobody(admin, bank):
    rows = [fields(1), {**fields(2), "amount": "NaN"}, "no object", None, {**fields(3), "colour": "red"}, fields(4)]
    answer = post(signed_in(admin), {"source": "bank", "transactions": rows}).json()
    assert [row["status"] for row in answer["results"]] == [
        "accepted", "quarantined", "quarantined", "quarantined", "quarantined", "accepted",
    ]  # fmt: skip
    assert [row["reason"] for row in answer["results"][1:5]] == ["amount", "malformed", "malformed", "unknown-field"]
    assert all(row["detail"] and row["quarantined_row_id"] for row in answer["results"][1:5])


def test_numbers_of_json_never_become_floats(admin, bank):
    body = '{"source":"bank","external_id":"T-1","account":"A","occurred_at":"2026-03-02T12:00:00Z","amount":%s}'
    assert post(signed_in(admin), body % "0.1").json()["accepted"] == 1
    assert Transaction.objects.get().amount_minor == 10
    assert post(signed_in(admin), body.replace("T-1", "T-2") % "1e400").json()["results"][0]["reason"] == "amount"


BAD_BODIES = {
    "not JSON": b"{",
    "NaN": b'{"source":"bank","amount":NaN}',
    "Infinity": b'[{"amount":Infinity}]',
    "invalid UTF-8": b'{"source":"bank","memo":"\xff"}',
    "cut UTF-8": b'{"source":"bank","memo":"\xe2\x82"}',
    "a doubled key": b'{"source":"bank","source":"shop"}',
    "depth of 100,000": b"[" * 100_000,
    "empty": b"",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "no source": b'{"transactions":[{}]}',
    "a source that is no text": b'{"source":{"a":1},"transactions":[{}]}',
    "no rows": b'{"source":"bank","transactions":[]}',
    "rows that are no list": b'{"source":"bank","transactions":{"a":1}}',
    "more beside the rows": b'{"source":"bank","transactions":[{}],"colour":"red"}',
    "an unknown source": b'{"source":"nobody","transactions":[{}]}',
    "a source with a NUL": b'{"source":"ba\\u0000nk","transactions":[{}]}',
    "a source with a surrogate": b'{"source":"ba\\ud800nk","transactions":[{}]}',
    "10,001 rows": json.dumps({"source": "bank", "transactions": [{}] * 10_001}).encode(),
    "17 MB": b'{"source":"bank","memo":"' + b"x" * 17_000_000 + b'"}',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_a_problem_and_no_fault_of_ours(admin, bank, body):
    response = post(signed_in(admin), body)
    assert 400 <= response.status_code < 500, response.content[:500]
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"]
    assert not Batch.objects.exists()


ODD_ROWS: list[dict[str, Any]] = [
    {"amount": 10**30}, {"amount": True}, {"amount": []}, {"amount": None}, {"amount": -1}, {"occurred_at": 0}, {"memo": "a\x00b"},
    {"memo": "\ud800"}, {"memo": "m" * 10_000_000}, {"account": {"a": [1]}}, {"currency": "\x00"}, {"a\x00": 1}, {"": ""},
    {"occurred_at": "0000-01-01T00:00:00Z"}, {"occurred_at": "9999-12-31T23:59:59-12:00"}, {"country": "\u0130"},
]  # fmt: skip


def test_odd_values_go_to_quarantine_and_the_answer_stands(admin, bank):
    rows = [{**fields(number), **odd} for number, odd in enumerate(ODD_ROWS)]
    response = post(signed_in(admin), {"source": "bank", "transactions": [*rows, fields(99)]})
    assert response.status_code == 200, response.content[:500]
    answer = response.json()
    assert (answer["accepted"], answer["quarantined"]) == (1, len(ODD_ROWS))
    assert len(response.content) < 20_000
    assert QuarantinedRow.objects.count() == len(ODD_ROWS)


def test_a_replay_gives_the_same_answer_to_the_byte_and_does_nothing(admin, bank):
    client = signed_in(admin)
    first = post(client, {"source": "bank", **fields()}, key="k-1")
    second = post(client, {"source": "bank", **fields()}, key="k-1")
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Batch.objects.count() == 1


def test_a_replayed_batch_under_a_new_key_is_known_row_by_row(admin, bank):
    client = signed_in(admin)
    post(client, {"source": "bank", **fields()})
    answer = post(client, {"source": "bank", **fields()}).json()
    assert (answer["accepted"], answer["duplicate"]) == (0, 1)


def test_the_same_key_for_another_body_is_refused(admin, bank):
    client = signed_in(admin)
    post(client, {"source": "bank", **fields()}, key="k-1")
    response = post(client, {"source": "bank", **fields(2)}, key="k-1")
    assert response.status_code == 422
    assert Transaction.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "ke\u00e9y", "tab\t"])
def test_a_call_without_a_proper_key_is_refused(admin, bank, key):
    headers = {"Idempotency-Key": key} if key else {}
    response = signed_in(admin).post(
        URL, json.dumps({"source": "bank", **fields()}), content_type="application/json", headers=headers
    )
    assert response.status_code == 400
    assert "Idempotency" in json.dumps(response.json()) or "ASCII" in response.json()["detail"]
    assert not Transaction.objects.exists()


def test_a_refusal_does_not_use_up_the_key(admin, bank):
    client = signed_in(admin)
    assert post(client, {"source": "nobody", **fields()}, key="k-1").status_code == 404
    assert not IdempotentAnswer.objects.exists()
    assert post(client, {"source": "bank", **fields()}, key="k-1").status_code == 200


def test_keys_of_two_callers_are_two_keys(admin, superuser, bank):
    post(signed_in(admin), {"source": "bank", **fields()}, key="k-1")
    assert post(signed_in(superuser), {"source": "bank", **fields(2)}, key="k-1").json()["accepted"] == 1


def test_only_who_may_bring_rows_in_can(analyst, auditor, stranger, bank):
    for person, status in ((analyst, 403), (auditor, 403), (stranger, 404)):
        assert post(signed_in(person), {"source": "bank", **fields()}).status_code == status
    assert post(Client(), {"source": "bank", **fields()}).status_code in (401, 403)
    assert not Transaction.objects.exists()


READS = ["transaction", "account", "batch", "source"]


@pytest.mark.parametrize("name", READS)
def test_lists_show_rows_to_readers_and_none_to_strangers(admin, analyst, stranger, bank, name):
    post(signed_in(admin), {"source": "bank", **fields()})
    assert len(signed_in(analyst).get(reverse(f"transactions_api:{name}-list")).json()["results"]) == 1
    assert signed_in(stranger).get(reverse(f"transactions_api:{name}-list")).json()["results"] == []


def test_a_transaction_tells_money_as_text_with_its_currency(admin, analyst, bank):
    post(signed_in(admin), {"source": "bank", **fields()})
    url = reverse("transactions_api:transaction-detail", args=[Transaction.objects.get().pk])
    row = signed_in(analyst).get(url).json()
    assert (row["amount"], row["currency"], row["account"], row["counterparty"]) == ("12.50", "USD", "A-1", "M-1")
    assert len(row["digest"]) == 64


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("source=bank", 2), ("account=A-1", 1), ("counterparty=M-1", 2), ("external_id=T-2", 1), ("currency=usd", 2),
        ("currency=USD&amount_min=13", 1), ("currency=USD&amount_max=12.50", 1), ("occurred_from=2026-03-03", 0),
        ("occurred_to=2026-03-02", 2), ("direction=in", 0), ("batch=0", 0), ("limit=1", 1),
    ],
)  # fmt: skip
def test_the_list_is_filtered(admin, analyst, bank, query, found):
    rows = [fields(1), {**fields(2), "account": "A-2", "amount": "20"}]
    post(signed_in(admin), {"source": "bank", "transactions": rows})
    response = signed_in(analyst).get(f"{URL}?{query}")
    assert len(response.json()["results"]) == found, response.json()


@pytest.mark.parametrize("query", ["source=x", "amount_min=1", "occurred_from=never", "cursor=forged", "batch=x"])
def test_filters_that_make_no_sense_are_refused(analyst, bank, query):
    assert signed_in(analyst).get(f"{URL}?{query}").status_code == 422


def test_quarantine_is_corrected_released_and_discarded_over_the_api(admin, analyst, bank):
    client = signed_in(admin)
    answer = post(
        client, {"source": "bank", "transactions": [{**fields(1), "amount": "x"}, {**fields(2), "amount": "y"}]}
    )
    first, second = (row["quarantined_row_id"] for row in answer.json()["results"])
    seen = signed_in(analyst).get(reverse("transactions_api:quarantine-detail", args=[first]))
    assert seen.json()["actions"] == []

    def act(verb: str, pk: int, body: dict[str, Any], version_read: int = 0):
        version = version_read or QuarantinedRow.objects.get(pk=pk).version
        return client.post(
            reverse(f"transactions_api:quarantine-{verb}", args=[pk]), json.dumps(body),
            content_type="application/json", headers={"If-Match": f'"{version}"'},
        )  # fmt: skip

    shown = client.get(reverse("transactions_api:quarantine-detail", args=[first])).json()
    assert shown["actions"] == ["correct", "release", "discard"]
    assert '"amount": "x"' in shown["raw"]
    assert act("release", first, {"reason": "try"}).json()["state"] == "open"
    stale = act("correct", first, {"values": fields(1)}, version_read=1)
    assert stale.status_code == 412
    fresh = client.get(reverse("transactions_api:quarantine-detail", args=[first])).json()["version"]
    assert act("correct", first, {"values": fields(1)}, version_read=fresh).status_code == 200
    released = act("release", first, {"reason": "the bank confirmed it"}).json()
    assert released["state"] == "released"
    assert released["transaction_id"] == Transaction.objects.get().pk
    assert act("discard", second, {"reason": ""}).status_code == 422
    assert act("discard", second, {"reason": "a test row of theirs"}).json()["state"] == "discarded"
    assert act("discard", second, {"reason": "again"}).status_code == 409
    assert QuarantinedRow.objects.get(pk=second).reason == QuarantineReason.AMOUNT


def test_pages_of_a_list_do_not_overlap(admin, analyst, bank):
    post(signed_in(admin), {"source": "bank", "transactions": [fields(n) for n in range(5)]})
    client, url, seen = signed_in(analyst), f"{URL}?limit=2&source=bank", []
    while url:
        page = client.get(url).json()
        seen += [row["external_id"] for row in page["results"]]
        url = page["older"]
    assert sorted(seen) == [f"T-{n}" for n in range(5)]


@pytest.mark.parametrize("path", ["transactions", "labels", "decisions", "decisions/batch"])
@pytest.mark.parametrize("body", ["", "{}", '{"source": "bank"}'])
def test_a_body_of_nothing_is_no_row(bank, admin, path, body):
    client = Client()
    client.force_login(admin)
    response = client.post(
        f"/api/v1/{path}?source=bank", body, content_type="application/json", headers={"Idempotency-Key": "none"}
    )
    assert response.status_code in (400, 422), response.content
    assert not QuarantinedRow.objects.exists()
