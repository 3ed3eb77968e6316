"""The server's own verification reads an event that waits as strictly as the offline verifier reads one that is sealed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from finobs.ledger.canonical import is_canonical
from finobs.ledger.models import Event
from finobs.ledger.services.record import timestamp
from finobs.ledger.verification_events import event_faults


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}', b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1.0}', b'{"a":1e400}', b'{"a":NaN}', b"[]", b"null", b"", b"\xff",
        b'{"a":"\\u0041"}', b'{"a":9007199254740993}', b'{"a":{"x":1,"x":2}}', b'{"\xc3\xa9":1}', b"[" * 100_000, b'{"a":"\\ud800"}',
    ],
)  # fmt: skip
def test_only_the_one_form_of_an_object_is_canonical(body: bytes) -> None:
    assert not is_canonical(body)
    assert is_canonical(b'{"a":[1,null,true],"b":"\xc3\xa9"}')


def columns(event: Event, body: bytes) -> tuple[str, str, list[Any]]:
    leaf = hashlib.sha256(b"\x00" + body).digest()
    row = [
        event.pk, event.action, event.actor_id, event.actor_type, event.subject_type, event.subject_id, event.request_id,
        body, leaf,
    ]  # fmt: skip
    return timestamp(event.at), str(event.uid), row


def test_a_waiting_event_with_a_doubled_key_is_a_fault(fill: Callable[..., list[Event]], ledger_key: object) -> None:
    event = fill(1)[0]
    good = bytes(event.body)
    assert list(event_faults(*columns(event, good), None)) == []
    text = good.decode()
    identifier = json.dumps(json.loads(text)["actor"]["id"])
    for changed in (
        text.replace('"history":', '"history":[],"history":'), text.replace('"id":', f'"id":{identifier},"id":', 1),
        text.replace('"history":[', '"history":[ '), text.replace('"history":[', '"history":[1.5,'),
    ):  # fmt: skip
        assert changed != text
        assert list(event_faults(*columns(event, changed.encode()), None)), changed
