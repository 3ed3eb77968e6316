"""The ledger for machines: its proofs verify, its lists are restricted, and it only reads."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from rest_framework.test import APIClient

from finobs.ledger import keys, merkle, note
from finobs.ledger.models import Checkpoint, Event
from finobs.ledger.services import record
from finobs.ledger.services.seal import seal
from tests import factories

BASE = "/api/v1/ledger"
PATHS = ["/events", "/events/{uid}", "/events/{uid}/proof", "/checkpoints", "/checkpoints/latest",
         "/consistency?from=3&to=12"]  # fmt: skip


@pytest.fixture
def ask():
    def get(person, path: str, **query: Any):
        api = APIClient()
        api.force_authenticate(person)
        return api.get(f"{BASE}{path}", query)

    return get


def decoded(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(text) for text in texts]


def test_the_auditor_lists_events_with_their_places(ask, auditor, sealed):
    answer = ask(auditor, "/events", limit=5).json()
    assert [row["seq"] for row in answer["results"]] == [11, 10, 9, 8, 7]
    assert answer["results"][0]["leaf"] == base64.b64encode(bytes(sealed[-1].leaf)).decode()
    assert answer["older"]
    assert ask(auditor, "/events", action="test.other").json()["results"] == []


def test_an_event_that_waits_has_no_place_and_no_proof_yet(ask, auditor, ledger_key, fill):
    event = fill(1)[0]
    assert ask(auditor, "/events").json()["results"][0]["seq"] is None
    assert ask(auditor, f"/events/{event.uid}/proof").status_code == 409


def test_a_proof_verifies_against_the_signed_checkpoint(ask, auditor, sealed):
    for event in sealed:
        proof = ask(auditor, f"/events/{event.uid}/proof").json()
        said = note.open_checkpoint(proof["checkpoint"], keys.verifier_keys(), settings.LEDGER_ORIGIN)
        assert said.size == proof["size"]
        assert merkle.verify_inclusion(
            leaf=base64.b64decode(proof["leaf"]), index=proof["seq"], size=proof["size"],
            proof=decoded(proof["path"]), root=said.root,
        )  # fmt: skip


def test_a_proof_can_be_asked_for_under_a_later_checkpoint(ask, auditor, sealed):
    assert ask(auditor, f"/events/{sealed[0].uid}/proof", size=12).json()["size"] == 12
    assert ask(auditor, f"/events/{sealed[0].uid}/proof", size=7).status_code == 422
    assert ask(auditor, f"/events/{sealed[11].uid}/proof", size=3).status_code == 422
    assert ask(auditor, f"/events/{sealed[0].uid}/proof", size="x").status_code == 422


def test_the_log_proves_that_it_only_grew(ask, auditor, sealed):
    roots = {c.size: bytes(c.root) for c in Checkpoint.objects.all()}
    for old in roots:
        answer = ask(auditor, "/consistency", **{"from": old, "to": 12}).json()
        assert merkle.verify_consistency(
            old=old, new=12, old_root=roots[old], new_root=roots[12], proof=decoded(answer["path"])
        )


@pytest.mark.parametrize(
    ("query", "status"),
    [({}, 422), ({"from": 0, "to": 3}, 422), ({"from": 6, "to": 3}, 422), ({"from": "a", "to": 3}, 422),
     ({"from": 3, "to": 13}, 422), ({"from": 4, "to": 12}, 422), ({"from": "9" * 30, "to": 3}, 422)],
)  # fmt: skip
def test_a_consistency_proof_of_what_is_not_there_is_refused(ask, auditor, sealed, query, status):
    assert ask(auditor, "/consistency", **query).status_code == status


def test_the_latest_checkpoint_is_a_note_that_anybody_with_the_key_can_open(ask, auditor, sealed):
    answer = ask(auditor, "/checkpoints/latest").json()
    said = note.open_checkpoint(answer["note"], keys.verifier_keys(), settings.LEDGER_ORIGIN)
    assert (said.size, base64.b64encode(said.root).decode()) == (answer["size"], answer["root"])
    assert [row["size"] for row in ask(auditor, "/checkpoints").json()["results"]] == [12, 9, 6, 3]


def test_before_the_first_checkpoint_there_is_none(ask, auditor):
    assert ask(auditor, "/checkpoints/latest").status_code == 404


def test_what_an_event_says_goes_to_who_may_see_its_subject_and_nobody_else(ask, auditor, queue, clerk):
    with transaction.atomic():
        event = record(actor=clerk, action="case.open", subject=factories.case(inside=queue), data={"secret": "Berlin"})
    outsider = factories.user("Olga Outsider", role="auditor")
    told, untold = ask(auditor, f"/events/{event.uid}").json(), ask(outsider, f"/events/{event.uid}").json()
    assert told["content"]["data"] == {"secret": "Berlin"}
    assert base64.b64decode(told["body"]) == bytes(event.body)
    assert (untold["content"], untold["body"], untold["action"]) == (None, None, "case.open")


def test_a_stranger_gets_empty_lists_and_404(ask, stranger, sealed):
    expected = {"/events": 200, "/checkpoints": 200}
    for path in PATHS:
        answer = ask(stranger, path.format(uid=sealed[0].uid))
        if path in expected:
            assert (answer.status_code, answer.json()["results"]) == (200, [])
        else:
            assert answer.status_code in (403, 404)


def test_nobody_is_nobody(sealed):
    for path in PATHS:
        assert APIClient().get(f"{BASE}{path.format(uid=sealed[0].uid)}").status_code in (401, 403)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_can_write(superuser, sealed, method):
    api = APIClient()
    api.force_authenticate(superuser)
    for path in PATHS:
        assert getattr(api, method)(f"{BASE}{path.format(uid=sealed[0].uid)}", {}).status_code == 405
    assert Event.objects.count() == 12


def test_sealing_later_does_not_change_an_older_proof(ask, auditor, sealed, fill):
    before = ask(auditor, f"/events/{sealed[4].uid}/proof").json()
    fill(20)
    seal()
    assert ask(auditor, f"/events/{sealed[4].uid}/proof").json() == before
