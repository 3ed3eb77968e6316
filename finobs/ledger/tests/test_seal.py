"""Sealing: what waits gets a place without a gap, and nothing is signed that contradicts what was signed before."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction

from finobs.core import clock, heartbeat
from finobs.core.backoff import Backoff
from finobs.core.errors import Invalid, NotAllowed, NotFound
from finobs.ledger import keys, last_signed, merkle, note, queries, tasks, tree, triggers
from finobs.ledger.choices import AlarmKind
from finobs.ledger.management.commands import seal_ledger
from finobs.ledger.models import Alarm, Checkpoint, Event, PendingEvent, TreeLeaf, TreeNode
from finobs.ledger.note import Statement
from finobs.ledger.services.seal import raise_alarm, seal, seal_all
from finobs.ledger.services.witness import alarm_settle, checkpoint_compare
from tests.support.clients import signed_in


def statement() -> Statement:
    return note.open_checkpoint(Checkpoint.objects.latest("size").note, keys.verifier_keys(), settings.LEDGER_ORIGIN)


def test_pending_events_get_places_from_0_in_their_order_under_a_signed_checkpoint(ledger_key, fill):
    events = fill(5)
    assert (seal().count, PendingEvent.objects.count()) == (5, 0)
    assert list(TreeLeaf.objects.order_by("seq").values_list("seq", "event_id")) == list(
        enumerate(e.pk for e in events)
    )
    assert statement() == Statement(settings.LEDGER_ORIGIN, 5, merkle.root([bytes(e.leaf) for e in events]))


def test_a_later_batch_goes_on_where_the_last_one_ended(sealed):
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == [3, 6, 9, 12]
    assert statement().root == merkle.root([bytes(event.leaf) for event in sealed])


def test_nothing_pending_signs_nothing(sealed):
    assert seal().count == 0
    assert Checkpoint.objects.count() == 4


def test_a_batch_has_a_limit_and_the_rest_waits_for_the_next(ledger_key, fill):
    fill(7)
    assert [seal(limit=3).count for _ in range(4)] == [3, 3, 1, 0]
    assert (statement().size, seal_all().count) == (7, 0)


def test_the_task_seals_everything_and_is_known_by_its_name(ledger_key, fill):
    fill(4)
    assert tasks.seal.name == "finobs.ledger.tasks.seal"
    tasks.seal.delay()
    assert PendingEvent.objects.count() == 0


def test_proofs_come_from_kept_subtrees_and_hold_across_their_borders(ledger_key, fill):
    for size in (200, 300, 100):
        fill(size)
        seal()
    leaves = [bytes(leaf) for leaf in TreeLeaf.objects.order_by("seq").values_list("leaf", flat=True)]
    assert list(TreeNode.objects.values_list("height", "position")) == [(8, 0), (8, 1)]
    for index in (0, 255, 256, 511, 512, 599):
        assert tree.inclusion(index, 600) == merkle.inclusion_proof(leaves, index)
    for old in (1, 200, 256, 500, 512, 600):
        assert tree.consistency(old, 600) == merkle.consistency_proof(leaves, old)
        assert tree.root_at(old) == merkle.root(leaves[:old])


def test_without_a_key_events_wait_and_nothing_is_lost(ledger_files, fill):
    fill(3)
    assert seal().refused == "no signing key"
    assert (PendingEvent.objects.count(), Checkpoint.objects.count()) == (3, 0)
    with pytest.raises(CommandError, match="no signing key"):
        call_command("seal_ledger")
    call_command("ledger_key", "create", stdout=open("/dev/null", "w"))  # noqa: SIM115
    assert seal().count == 3


def test_a_key_file_that_this_process_may_not_read_is_no_key(ledger_key, fill, monkeypatch):
    def forbidden(*args, **kwargs):
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    assert keys.signing_keys() == []


TROUBLE = {
    "a lost connection": (psycopg.OperationalError("connection refused"), False),
    "a server that goes down": (psycopg.errors.AdminShutdown("terminating connection"), False),
    "a statement beyond its time": (psycopg.errors.QueryCanceled("canceling statement"), True),
    "a lock that nobody gives up": (psycopg.errors.LockNotAvailable("canceling statement"), True),
    "a full disk": (psycopg.errors.DiskFull("no space"), True),
    "a full disk of SQLite": (sqlite3.OperationalError("database or disk is full"), True),
}


@pytest.mark.parametrize("case", TROUBLE)
def test_a_sealer_that_cannot_seal_says_so_unless_its_database_is_away(settings, tmp_path, monkeypatch, case):
    cause, is_trouble = TROUBLE[case]

    def refused():
        raise OperationalError("no") from cause

    settings.HEARTBEAT_DIR = tmp_path
    monkeypatch.setattr(seal_ledger, "seal_all", refused)
    monkeypatch.setattr(seal_ledger, "connection", Mock())
    assert seal_ledger.Command()._round(Backoff(1)) > 0
    trouble = heartbeat.file_path("sealer").read_text()
    assert trouble.startswith("OperationalError: ") == is_trouble
    assert bool(trouble) == is_trouble


def test_seal_lag_is_late_after_a_minute(ledger_files, fill):
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert not queries.seal_state().late
    with clock.at(noon):
        fill(1)
    with clock.at(noon + timedelta(seconds=59)):
        state = queries.seal_state()
        assert (state.lag_seconds, state.late, state.pending) == (59, False, 1)
    with clock.at(noon + timedelta(seconds=61)):
        assert queries.seal_state().late


@pytest.mark.parametrize(
    ("seconds", "status", "code"),
    [(59, "ok", 200), (61, "degraded", 200), (599, "degraded", 200), (601, "failing", 503)],
)
def test_readiness_says_that_the_sealer_is_late_and_ends_when_nothing_can_be_proved_any_more(
    ledger_files, fill, superuser, seconds, status, code
):
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    with clock.at(noon):
        fill(1)
    with clock.at(noon + timedelta(seconds=seconds)):
        response = signed_in(superuser).get("/readyz")
    assert (response.status_code, response.json()["checks"]["ledger"]["status"]) == (code, status)
    assert ("LATE: 1 events wait" in response.json()["checks"]["ledger"]["detail"]) == (status != "ok")


def test_an_open_alarm_ends_readiness_until_somebody_has_settled_it(ledger_key, fill, superuser):
    fill(1)
    client = signed_in(superuser)
    raise_alarm(AlarmKind.EVENT, "event 7 was changed before it was sealed")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "failing")
    assert response.json()["checks"]["ledger"]["detail"] == "ALARM: nothing is signed (1 open), 1 events wait."
    alarm_settle(actor=superuser, alarm_id=Alarm.objects.get().pk, reason="A drill.")
    assert client.get("/readyz").status_code == 200


def test_both_keys_sign_during_the_overlap_and_old_checkpoints_verify_for_ever(ledger_key, fill, ledger_files):
    fill(2)
    seal()
    new = keys.rotate()
    fill(2)
    seal()
    keys.retire(ledger_key.key_id.hex())
    fill(2)
    seal()
    notes = {c.size: c.note for c in Checkpoint.objects.all()}
    assert [len(note.open_note(notes[size], [ledger_key, new]).signed_by) for size in (2, 4, 6)] == [1, 2, 1]
    assert note.open_note(notes[2], keys.verifier_keys()).signed_by == (ledger_key,)
    assert note.open_note(notes[6], keys.verifier_keys()).signed_by == (new,)
    call_command("verify_ledger", stdout=open("/dev/null", "w"))  # noqa: SIM115


def test_the_private_key_is_readable_by_its_owner_only(ledger_key):
    assert Path(settings.LEDGER_KEY_FILE).stat().st_mode & 0o777 == 0o600
    keys.rotate()
    assert Path(settings.LEDGER_KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_keys_refuse_to_be_replaced_or_to_run_out(ledger_key):
    with pytest.raises(CommandError, match="exists"):
        call_command("ledger_key", "create")
    with pytest.raises(CommandError, match="only signing key"):
        call_command("ledger_key", "retire", ledger_key.key_id.hex())
    with pytest.raises(CommandError, match="no signing key has"):
        call_command("ledger_key", "retire", "00000000")


def test_rotation_retirement_and_distrust_are_themselves_in_the_ledger(ledger_key, db, capsys):
    call_command("ledger_key", "rotate")
    call_command("ledger_key", "retire", ledger_key.key_id.hex())
    call_command("ledger_key", "distrust", ledger_key.key_id.hex(), "--until", "7")
    call_command("ledger_key", "list")
    actions = list(Event.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["ledger.key_rotate", "ledger.key_retire", "ledger.key_distrust"]
    assert "until=7" in capsys.readouterr().out


def test_an_open_alarm_stops_signing_until_a_person_settles_it(sealed, fill, superuser):
    other = note.sign(Statement(settings.LEDGER_ORIGIN, 6, bytes(32)).text(), keys.signing_keys())
    assert checkpoint_compare(actor=superuser, note=other) is False
    alarm = Alarm.objects.get()
    assert (alarm.kind, other in alarm.evidence) == (AlarmKind.EQUIVOCATION, True)
    fill(2)
    assert "alarm" in seal().refused
    assert PendingEvent.objects.count() == 2
    alarm_settle(actor=superuser, alarm_id=alarm.pk, reason="A drill.")
    assert seal().count == 3
    assert Event.objects.latest("id").action == "ledger.alarm_settle"


def test_the_same_equivocation_is_one_alarm(sealed, superuser):
    other = note.sign(Statement(settings.LEDGER_ORIGIN, 12, bytes(32)).text(), keys.signing_keys())
    assert [checkpoint_compare(actor=superuser, note=other) for _ in range(3)] == [False] * 3
    assert Alarm.objects.count() == 1


def test_a_true_checkpoint_from_outside_raises_nothing(sealed, auditor):
    assert all(checkpoint_compare(actor=auditor, note=c.note) for c in Checkpoint.objects.all())
    assert not Alarm.objects.exists()


def test_a_checkpoint_from_outside_beyond_our_size_says_that_the_log_was_cut(sealed, auditor):
    longer = note.sign(Statement(settings.LEDGER_ORIGIN, 99, bytes(32)).text(), keys.signing_keys())
    assert checkpoint_compare(actor=auditor, note=longer) is False
    assert Alarm.objects.get().kind == AlarmKind.SHRUNK


def test_a_note_of_an_unknown_signer_cannot_raise_an_alarm(sealed, auditor, stranger):
    forged = note.sign(
        Statement(settings.LEDGER_ORIGIN, 6, bytes(32)).text(), [note.SigningKey.generate(settings.LEDGER_ORIGIN)]
    )
    with pytest.raises(Invalid):
        checkpoint_compare(actor=auditor, note=forged)
    with pytest.raises(NotAllowed):
        checkpoint_compare(actor=stranger, note=Checkpoint.objects.latest("size").note)
    assert not Alarm.objects.exists()


def test_only_an_administrator_settles_and_says_why(sealed, auditor, admin):
    longer = note.sign(Statement(settings.LEDGER_ORIGIN, 99, bytes(32)).text(), keys.signing_keys())
    checkpoint_compare(actor=auditor, note=longer)
    alarm = Alarm.objects.get()
    with pytest.raises(NotAllowed):
        alarm_settle(actor=auditor, alarm_id=alarm.pk, reason="No.")
    with pytest.raises(Invalid):
        alarm_settle(actor=admin, alarm_id=alarm.pk, reason=" ")
    alarm_settle(actor=admin, alarm_id=alarm.pk, reason="Restored from the backup of Sunday.")
    with pytest.raises(NotFound):
        alarm_settle(actor=admin, alarm_id=alarm.pk, reason="Again.")


def test_a_database_restored_from_before_what_was_signed_signs_nothing(sealed, fill):
    """Otherwise two histories would be signed: the lost one, and what is recorded after the restore."""
    with triggers.removed(), connection.cursor() as cursor:
        for sql in ("DELETE FROM ledger_checkpoint WHERE size > 6", "DELETE FROM ledger_treeleaf WHERE seq >= 6"):
            cursor.execute(sql)
        cursor.execute("DELETE FROM ledger_event WHERE id > %s", [sealed[5].pk])
    fill(6)
    assert "size 12 has been signed" in seal().refused
    assert Alarm.objects.get().kind == AlarmKind.SHRUNK
    assert Checkpoint.objects.count() == 2


def test_a_log_rewritten_to_the_size_that_was_signed_is_not_signed_on(sealed, fill):
    Path(last_signed.file_path()).write_text(
        note.sign(Statement(settings.LEDGER_ORIGIN, 9, bytes(32)).text(), keys.signing_keys())
    )
    fill(1)
    assert "another root" in seal().refused
    assert Alarm.objects.get().kind == AlarmKind.EQUIVOCATION


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("UPDATE ledger_checkpoint SET root = leaf FROM ledger_treeleaf WHERE seq = 0 AND size = 12", "inconsistent"),
        ("UPDATE ledger_checkpoint SET note = 'x' || note WHERE size = 12", "key"),
        ("UPDATE ledger_checkpoint SET frontier = (SELECT frontier FROM ledger_checkpoint WHERE size = 6) "
         "WHERE size = 12", "inconsistent"),
        ("DELETE FROM ledger_checkpoint WHERE size = 12", "inconsistent"),
        ("DELETE FROM ledger_treeleaf WHERE seq = 11", "inconsistent"),
    ],
)  # fmt: skip
def test_a_tree_that_does_not_follow_from_its_checkpoint_is_not_signed_on(sealed, fill, sql, kind):
    with triggers.removed(), connection.cursor() as cursor:
        cursor.execute(sql)
    fill(1)
    assert seal().refused
    assert Alarm.objects.get().kind == kind
    assert PendingEvent.objects.count() == 1


def test_an_event_changed_while_it_waits_is_not_sealed(ledger_key, fill):
    event = fill(2)[1]
    with triggers.removed(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_event SET body = leaf WHERE id = %s", [event.pk])
    assert "was changed before" in seal().refused
    assert (TreeLeaf.objects.count(), PendingEvent.objects.count()) == (0, 2)


def test_a_batch_that_fails_leaves_nothing_behind(ledger_key, fill, monkeypatch):
    fill(300)

    def broken(*args, **kwargs):
        raise RuntimeError("the machine stops here")

    monkeypatch.setattr("finobs.ledger.services.seal.sign", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        seal()
    assert [model.objects.count() for model in (TreeLeaf, TreeNode, Checkpoint, PendingEvent)] == [0, 0, 0, 300]
