"""Alarms and rounds of the sealer: which of two is meant, what each says, and when it signs again."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import Invalid, NotFound
from finobs.ledger import keys, last_signed, merkle, note, triggers
from finobs.ledger.choices import AlarmKind
from finobs.ledger.models import Alarm, Checkpoint, Event, PendingEvent, TreeLeaf, TreeNode
from finobs.ledger.note import Statement
from finobs.ledger.services.seal import MAX_EVENTS_PER_SEAL, SealResult, raise_alarm, seal, seal_all
from finobs.ledger.services.witness import alarm_settle, checkpoint_compare
from tests import factories
from tests.support.ledger_events import last_event
from tests.support.locks import locked_models


def signed(size: int, root: bytes) -> str:
    return note.sign(Statement(settings.LEDGER_ORIGIN, size, root).text(), keys.signing_keys())


def change(statement: str) -> None:
    with triggers.removed(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def alarms(sealed: list[Event]) -> list[Alarm]:
    """Two that are open; the one that is older is another's business."""
    with clock.at(factories.NOON):
        raise_alarm(AlarmKind.KEY, "the key is gone")
        raise_alarm(AlarmKind.SHRUNK, "size 99 has been signed", "the note")
    return list(Alarm.objects.order_by("pk"))


def test_an_alarm_is_kept_with_what_it_rests_on(alarms: list[Alarm]) -> None:
    alarm = alarms[1]
    assert (alarm.kind, alarm.detail, alarm.evidence, alarm.raised_at, alarm.settled_at) == (
        AlarmKind.SHRUNK, "size 99 has been signed", "the note", factories.NOON, None,
    )  # fmt: skip


def test_an_alarm_is_raised_once_while_one_of_its_kind_is_open(alarms: list[Alarm]) -> None:
    raise_alarm(AlarmKind.SHRUNK, "size 100 has been signed")
    assert [alarm.detail for alarm in Alarm.objects.order_by("pk")] == ["the key is gone", "size 99 has been signed"]


def test_a_new_alarm_is_raised_after_a_settled_one_of_its_kind(alarms: list[Alarm], admin: User) -> None:
    alarm_settle(actor=admin, alarm_id=alarms[1].pk, reason="A drill.")
    raise_alarm(AlarmKind.SHRUNK, "size 100 has been signed")
    assert list(Alarm.objects.filter(settled_at=None).order_by("pk").values_list("detail", flat=True)) == [
        "the key is gone", "size 100 has been signed",
    ]  # fmt: skip


def test_one_alarm_is_settled_and_no_other(alarms: list[Alarm], admin: User, fill: Any) -> None:
    with clock.at(factories.NOON):
        settled = alarm_settle(actor=admin, alarm_id=alarms[1].pk, reason=" Restored from Sunday. ")
    assert (settled.settled_at, settled.settled_reason) == (factories.NOON, "Restored from Sunday.")
    assert Alarm.objects.get(settled_at=None) == alarms[0]
    event = last_event("ledger.alarm_settle")
    assert event["data"] == {
        "kind": "shrunk", "detail": "size 99 has been signed", "evidence": "the note",
        "reason": "Restored from Sunday.",
    }  # fmt: skip
    assert event["subject"] == {"type": "ledger.alarm", "id": str(alarms[1].pk)}
    result = seal()
    assert (result.count, result.size, result.refused) == (0, 12, "alarm: the key is gone")
    alarm_settle(actor=admin, alarm_id=alarms[0].pk, reason="A drill.")
    assert seal() == SealResult(2, 14)


@pytest.mark.parametrize("kind", AlarmKind.values)
def test_what_was_signed_last_is_forgotten_only_where_history_was_lost(
    sealed: list[Event], admin: User, kind: str, django_capture_on_commit_callbacks: Any
) -> None:
    raise_alarm(kind, "something")
    with django_capture_on_commit_callbacks(execute=True):
        alarm_settle(actor=admin, alarm_id=Alarm.objects.get().pk, reason="A drill.")
        assert last_signed.latest() is not None, "before it is sure"
    assert (last_signed.latest() is None) == (kind in (AlarmKind.SHRUNK, AlarmKind.EQUIVOCATION))


def test_an_alarm_that_is_settled_or_never_was_is_not_found(alarms: list[Alarm], admin: User) -> None:
    alarm_settle(actor=admin, alarm_id=alarms[0].pk, reason="A drill.")
    for pk in (alarms[0].pk, 0):
        with pytest.raises(NotFound, match="no such open alarm"):
            alarm_settle(actor=admin, alarm_id=pk, reason="Again.")
    with pytest.raises(Invalid):
        alarm_settle(actor=admin, alarm_id=alarms[1].pk, reason="no")


def test_an_alarm_is_locked_before_it_is_settled(alarms: list[Alarm], admin: User) -> None:
    with locked_models() as labels:
        alarm_settle(actor=admin, alarm_id=alarms[0].pk, reason="A drill.")
    assert labels == ["ledger.alarm"]


@pytest.mark.parametrize("size", [3, 5, 6, 12])
def test_a_checkpoint_from_outside_is_compared_at_its_own_size(sealed: list[Event], auditor: User, size: int) -> None:
    leaves = [bytes(event.leaf) for event in sealed]
    assert checkpoint_compare(actor=auditor, note=signed(size, merkle.root(leaves[:size])))
    assert not Alarm.objects.exists()
    other = signed(size, bytes(32))
    assert not checkpoint_compare(actor=auditor, note=other)
    alarm = Alarm.objects.get()
    ours = Checkpoint.objects.filter(size=size).first() or Checkpoint.objects.latest("size")
    assert (alarm.kind, alarm.detail, alarm.evidence) == (
        AlarmKind.EQUIVOCATION, f"two roots have been signed at size {size}", f"{other}\n{ours.note}",
    )  # fmt: skip


def test_a_checkpoint_beyond_our_size_is_kept_as_evidence(sealed: list[Event], auditor: User) -> None:
    longer = signed(13, bytes(32))
    assert not checkpoint_compare(actor=auditor, note=longer)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.detail, alarm.evidence) == (
        AlarmKind.SHRUNK, "size 13 has been signed, but the log is shorter", longer,
    )  # fmt: skip


def test_a_checkpoint_before_anything_was_sealed_says_that_the_log_is_shorter(ledger_key: Any, auditor: User) -> None:
    assert not checkpoint_compare(actor=auditor, note=signed(1, bytes(32)))
    assert Alarm.objects.get().kind == AlarmKind.SHRUNK


def test_a_note_that_is_none_proves_nothing(sealed: list[Event], auditor: User) -> None:
    with pytest.raises(Invalid, match="This checkpoint proves nothing here: "):
        checkpoint_compare(actor=auditor, note="hello")


def test_a_round_takes_its_limit_and_says_what_it_did(ledger_key: Any, fill: Any) -> None:
    events = fill(5)
    assert [seal(limit=2), seal(limit=2), seal(limit=2), seal(limit=2)] == [
        SealResult(2, 2), SealResult(2, 4), SealResult(1, 5), SealResult(0, 5),
    ]  # fmt: skip
    assert list(TreeLeaf.objects.order_by("seq").values_list("seq", "event_id")) == [
        (seq, event.pk) for seq, event in enumerate(events)
    ]
    sizes = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    assert (sizes, PendingEvent.objects.count()) == ([2, 4, 5], 0)
    for checkpoint in Checkpoint.objects.all():
        leaves = [bytes(event.leaf) for event in events[: checkpoint.size]]
        assert bytes(checkpoint.root) == merkle.root(leaves)
        assert note.open_checkpoint(checkpoint.note, keys.verifier_keys(), settings.LEDGER_ORIGIN).root == merkle.root(
            leaves
        )
    assert MAX_EVENTS_PER_SEAL == 5_000


def test_the_newest_note_is_remembered(ledger_key: Any, fill: Any) -> None:
    fill(3)
    seal(limit=2)
    seal(limit=2)
    assert last_signed.latest() == Checkpoint.objects.latest("size").note
    last_signed.store(Checkpoint.objects.earliest("size").note)
    assert last_signed.latest() == Checkpoint.objects.latest("size").note


def test_a_checkpoint_says_when_it_was_sealed(ledger_key: Any, fill: Any) -> None:
    fill(1)
    with clock.at(factories.NOON):
        seal()
    assert Checkpoint.objects.get().sealed_at == factories.NOON


def test_every_kept_subtree_is_written_once(ledger_key: Any, fill: Any) -> None:
    fill(520)
    seal(limit=300)
    seal()
    assert list(TreeNode.objects.order_by("position").values_list("height", "position")) == [(8, 0), (8, 1)]


def test_all_that_waits_is_sealed_in_as_many_rounds_as_it_takes(
    ledger_key: Any, fill: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["finobs.ledger.services.seal"]
    monkeypatch.setattr(module, "MAX_EVENTS_PER_SEAL", 2)
    monkeypatch.setattr(module, "seal", lambda: seal(limit=2))
    fill(4)
    assert seal_all() == SealResult(4, 4)
    assert Checkpoint.objects.count() == 2
    fill(1)
    raise_alarm(AlarmKind.KEY, "the key is gone")
    assert seal_all() == SealResult(0, 4, "alarm: the key is gone")


def test_without_a_key_a_round_says_so_and_the_size_that_stands(sealed: list[Event], fill: Any, settings: Any) -> None:
    fill(1)
    settings.LEDGER_KEY_FILE = "/nonexistent/key"
    assert seal() == SealResult(0, 12, "no signing key")
    assert PendingEvent.objects.count() == 1


def test_a_round_beside_another_sealer_does_nothing(
    sealed: list[Event], fill: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(1)
    monkeypatch.setattr(sys.modules["finobs.ledger.services.seal"], "try_lock", lambda _: False)
    assert seal() == SealResult(0, 12, "another sealer is at work")


@pytest.mark.parametrize(
    ("statement", "kind", "detail"),
    [
        ("DELETE FROM ledger_treeleaf WHERE seq = 11", "inconsistent", "11 leaves stand under a checkpoint of 12"),
        ("DELETE FROM ledger_checkpoint WHERE size = 12", "inconsistent", "12 leaves stand under a checkpoint of 9"),
        ("UPDATE ledger_checkpoint SET root = (SELECT leaf FROM ledger_treeleaf WHERE seq = 0) WHERE size = 12",
         "inconsistent", "the checkpoint at 12 is not what was signed"),
        ("UPDATE ledger_checkpoint SET frontier = (SELECT frontier FROM ledger_checkpoint WHERE size = 9) "
         "WHERE size = 12", "inconsistent", "the checkpoint at 12 is not what was signed"),
    ],
)  # fmt: skip
def test_what_does_not_follow_is_said_in_words_with_its_evidence(
    sealed: list[Event], fill: Any, statement: str, kind: str, detail: str
) -> None:
    fill(1)
    change(statement)
    result = seal()
    alarm = Alarm.objects.get()
    assert (result.count, result.refused, alarm.kind, alarm.detail) == (0, detail, kind, detail)
    assert alarm.evidence == ("" if "leaves stand" in detail else Checkpoint.objects.latest("size").note)


@pytest.mark.parametrize(
    ("size", "kind", "detail"),
    [
        (13, AlarmKind.SHRUNK, "size 13 has been signed, but the log has 12"),
        (12, AlarmKind.EQUIVOCATION, "another root has been signed at size 12"),
        (5, AlarmKind.EQUIVOCATION, "another root has been signed at size 5"),
    ],
)
def test_what_the_sealer_remembers_otherwise_is_an_alarm(
    sealed: list[Event], fill: Any, size: int, kind: str, detail: str
) -> None:
    fill(1)
    remembered = signed(size, bytes(32))
    last_signed.file_path().write_text(remembered)
    assert seal().refused == detail
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.evidence, PendingEvent.objects.count()) == (kind, remembered, 1)


@pytest.mark.parametrize("size", [3, 5, 12])
def test_what_the_sealer_remembers_rightly_is_none(sealed: list[Event], fill: Any, size: int) -> None:
    fill(1)
    leaves = [bytes(event.leaf) for event in sealed]
    last_signed.file_path().write_text(signed(size, merkle.root(leaves[:size])))
    assert seal() == SealResult(1, 13)


def test_a_memory_that_does_not_verify_is_an_alarm_of_the_key(sealed: list[Event], fill: Any) -> None:
    fill(1)
    last_signed.file_path().write_text("no note")
    assert seal().refused.startswith("the last note signed here does not verify: ")
    assert (Alarm.objects.get().kind, Alarm.objects.get().evidence) == (AlarmKind.KEY, "no note")


def test_without_a_memory_the_sealer_goes_on(sealed: list[Event], fill: Any) -> None:
    fill(1)
    last_signed.delete()
    assert seal() == SealResult(1, 13)


def test_nothing_pending_leaves_the_memory_and_the_log_as_they_are(sealed: list[Event]) -> None:
    before = last_signed.latest()
    assert seal() == SealResult(0, 12)
    assert (last_signed.latest(), Checkpoint.objects.count()) == (before, 4)


def test_only_what_was_sealed_leaves_the_queue(ledger_key: Any, fill: Any) -> None:
    events = fill(3)
    seal(limit=1)
    assert list(PendingEvent.objects.order_by("event_id").values_list("event_id", flat=True)) == [
        event.pk for event in events[1:]
    ]
