"""AUD-3: whatever a hostile owner of the database changes by SQL, with the triggers off, is detected and located."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from finobs.ledger import keys, last_signed, merkle, note, triggers
from finobs.ledger.models import Checkpoint, Event, PendingEvent, TreeLeaf
from finobs.ledger.note import SigningKey, Statement
from finobs.ledger.services.seal import seal

pytestmark = pytest.mark.usefixtures("sealed")


@pytest.fixture(autouse=True)
def _nothing_remembered(sealed):
    """The sealer's own memory would give some of these away; here only what an outsider has counts."""
    last_signed.delete()


def tamper(*statements: tuple[str, list[Any]] | str) -> None:
    with triggers.removed(), connection.cursor() as cursor:
        for statement in statements:
            sql, values = (statement, None) if isinstance(statement, str) else statement
            cursor.execute(sql, values)


def verified(*files: Path) -> dict[str, Any]:
    """What `verify_ledger --json` prints; it must exit 1 exactly when something is wrong."""
    out = io.StringIO()
    arguments = [part for file in files for part in ("--checkpoint", str(file))]
    try:
        call_command("verify_ledger", "--json", *arguments, stdout=out)
        code = 0
    except SystemExit as ended:
        code = int(str(ended.code))
    found: dict[str, Any] = json.loads(out.getvalue())
    assert code == (0 if found["ok"] else 1)
    return found


def first_wrong(*files: Path) -> dict[str, Any]:
    found = verified(*files)
    assert not found["ok"]
    return dict(found["first_wrong"])


def placed(seq: int) -> Event:
    return Event.objects.get(place__seq=seq)


def forged_body(event: Event) -> bytes:
    return bytes(event.body).replace(b'"data":{"n":', b'"data":{"n":9')


@pytest.fixture
def outside(tmp_path):
    """A checkpoint that an auditor took home."""
    file = tmp_path / "auditor.checkpoint"
    file.write_text(Checkpoint.objects.latest("size").note)
    return file


def test_an_untouched_ledger_is_whole(sealed, outside, fill):
    fill(2)
    found = verified(outside)
    assert (found["ok"], found["size"], found["checkpoints"], found["pending"]) == (True, 12, 4, 2)
    assert found["root"] == merkle.root([bytes(event.leaf) for event in sealed]).hex()
    assert found["first_wrong"] is None


def test_an_empty_ledger_is_whole(sealed):
    tamper(*(f"DELETE FROM ledger_{name}" for name in ("pendingevent", "treeleaf", "checkpoint", "event")))
    assert (verified()["ok"], verified()["size"]) == (True, 0)


def test_an_edited_body_is_found():
    event = placed(4)
    tamper(("UPDATE ledger_event SET body = %s WHERE id = %s", [forged_body(event), event.pk]))
    wrong = first_wrong()
    assert (wrong["seq"], wrong["event"], wrong["uid"]) == (4, event.pk, str(event.uid))
    assert wrong["what"] == "the body was changed"


def test_an_edited_body_with_its_leaf_is_found():
    event, body = placed(4), forged_body(placed(4))
    tamper(
        ("UPDATE ledger_event SET body = %s, leaf = %s WHERE id = %s", [body, merkle.leaf_hash(body), event.pk]),
    )
    wrong = first_wrong()
    assert (wrong["seq"], wrong["event"]) == (4, event.pk)
    assert "event and leaf differ" in wrong["what"]


def test_an_edited_body_with_both_copies_of_its_leaf_is_found_under_its_checkpoint():
    event, body = placed(4), forged_body(placed(4))
    tamper(
        ("UPDATE ledger_event SET body = %s, leaf = %s WHERE id = %s", [body, merkle.leaf_hash(body), event.pk]),
        ("UPDATE ledger_treeleaf SET leaf = %s WHERE seq = 4", [merkle.leaf_hash(body)]),
    )
    wrong = first_wrong()
    assert (wrong["seq"], wrong["to_seq"], wrong["checkpoint"]) == (3, 5, 6)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("action = 'test.other'", "action"),
        ("actor_type = 'human'", "actor.type"),
        ("subject_type = 'test.other'", "subject.type"),
        ("subject_id = 'x'", "subject.id"),
        ("request_id = 'x'", "request"),
        ("at = (SELECT MIN(date_joined) FROM accounts_user)", "at"),
    ],
)
def test_an_edited_search_column_is_found(change, column):
    event = placed(4)
    tamper((f"UPDATE ledger_event SET {change} WHERE id = %s", [event.pk]))
    wrong = first_wrong()
    assert (wrong["seq"], wrong["event"]) == (4, event.pk)
    assert wrong["what"] == f"the columns do not say what the body says: {column}"


def test_an_edited_actor_is_found(auditor):
    event = placed(4)
    tamper(("UPDATE ledger_event SET actor_id = %s WHERE id = %s", [auditor.pk, event.pk]))
    assert (first_wrong()["seq"], first_wrong()["what"]) == (4, "the columns do not say what the body says: actor.id")


def test_a_deleted_record_in_the_middle_is_found():
    event = placed(4)
    tamper("DELETE FROM ledger_treeleaf WHERE seq = 4", ("DELETE FROM ledger_event WHERE id = %s", [event.pk]))
    assert (first_wrong()["seq"], first_wrong()["what"]) == (4, "records are missing")


def test_a_deleted_record_with_everything_after_it_moved_up_is_found():
    event = placed(4)
    tamper(
        "DELETE FROM ledger_treeleaf WHERE seq = 4",
        ("DELETE FROM ledger_event WHERE id = %s", [event.pk]),
        *(f"UPDATE ledger_treeleaf SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(5, 12)),
    )
    wrong = first_wrong()
    assert (wrong["seq"], wrong["to_seq"], wrong["checkpoint"]) == (3, 5, 6)


def test_a_deleted_leaf_whose_event_is_left_is_found():
    event = placed(11)
    tamper("DELETE FROM ledger_treeleaf WHERE seq = 11", "DELETE FROM ledger_checkpoint WHERE size = 12",
           "DELETE FROM ledger_treeleaf WHERE seq >= 9")  # fmt: skip
    found = verified()
    assert not found["ok"]
    assert event.pk in [problem.get("event") for problem in found["problems"]]
    assert found["first_wrong"]["what"] == "an event that is neither placed nor pending"


def cut_tail() -> None:
    gone = [placed(seq).pk for seq in range(6, 12)]
    tamper(
        "DELETE FROM ledger_treeleaf WHERE seq >= 6",
        "DELETE FROM ledger_checkpoint WHERE size > 6",
        *(("DELETE FROM ledger_event WHERE id = %s", [pk]) for pk in gone),
    )


def test_a_deleted_tail_with_its_checkpoints_is_found_by_a_checkpoint_from_outside(outside):
    cut_tail()
    assert verified()["ok"]  # nothing inside can know: this is why checkpoints leave the house
    wrong = first_wrong(outside)
    assert (wrong["seq"], wrong["to_seq"]) == (6, 11)
    assert "the tail is missing" in wrong["what"]


def test_a_deleted_tail_is_found_by_what_the_sealer_remembers():
    last_signed.store(Checkpoint.objects.latest("size").note)
    cut_tail()
    assert first_wrong()["seq"] == 6


def test_two_reordered_records_are_found():
    a, b = placed(4), placed(5)
    tamper(
        ("UPDATE ledger_treeleaf SET event_id = -1 * event_id WHERE seq IN (4, 5)"),
        ("UPDATE ledger_treeleaf SET event_id = %s, leaf = %s WHERE seq = 4", [b.pk, bytes(b.leaf)]),
        ("UPDATE ledger_treeleaf SET event_id = %s, leaf = %s WHERE seq = 5", [a.pk, bytes(a.leaf)]),
    )
    wrong = first_wrong()
    assert wrong["seq"] in (3, 5)  # under the checkpoint at 6, and by the order of its events
    whats = {(problem["seq"], problem["what"]) for problem in verified()["problems"]}
    assert (5, "the order was changed") in whats


def test_two_records_whose_bodies_were_swapped_are_found():
    a, b = placed(4), placed(5)
    tamper(
        ("UPDATE ledger_event SET body = %s, leaf = %s WHERE id = %s", [bytes(b.body), bytes(b.leaf), a.pk]),
        ("UPDATE ledger_event SET body = %s, leaf = %s WHERE id = %s", [bytes(a.body), bytes(a.leaf), b.pk]),
    )
    assert first_wrong()["seq"] == 4


COPY = (
    "INSERT INTO ledger_event (uid, at, action, actor_id, actor_type, subject_type, subject_id, request_id, body, leaf)"
    " SELECT {uid}, at, action, actor_id, actor_type, subject_type, subject_id, request_id, body, leaf"
    " FROM ledger_event WHERE id = %s"
)


def duplicate(pk: int) -> int:
    uid = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    tamper((COPY.format(uid=uid), [pk]))
    return Event.objects.latest("id").pk


def test_a_duplicated_event_is_found():
    copy = duplicate(placed(4).pk)
    assert first_wrong()["event"] == copy
    assert first_wrong()["what"] == "an event that is neither placed nor pending"


def test_a_duplicated_event_that_waits_to_be_sealed_is_found_before_and_after():
    copy = duplicate(placed(4).pk)
    PendingEvent.objects.create(event_id=copy)
    assert (first_wrong()["event"], first_wrong()["what"].endswith(": id")) == (copy, True)
    seal()
    assert (first_wrong()["event"], first_wrong()["seq"]) == (copy, 12)


def test_a_duplicated_leaf_is_found():
    copy = duplicate(placed(4).pk)
    TreeLeaf.objects.create(seq=12, event_id=copy, leaf=placed(4).leaf)
    assert (first_wrong()["seq"], first_wrong()["event"]) == (12, copy)
    assert first_wrong()["what"] == "a leaf under no checkpoint"


def test_a_replaced_checkpoint_is_found():
    tamper("UPDATE ledger_checkpoint SET note = (SELECT note FROM ledger_checkpoint WHERE size = 9) WHERE size = 6")
    assert (first_wrong()["checkpoint"], "not what was signed" in first_wrong()["what"]) == (6, True)


@pytest.mark.parametrize("column", ["root", "frontier"])
def test_a_checkpoint_with_another_root_or_frontier_is_found(column):
    tamper(f"UPDATE ledger_checkpoint SET {column} = (SELECT leaf FROM ledger_treeleaf WHERE seq = 0) WHERE size = 6")
    assert first_wrong()["checkpoint"] == 6


def resign(key: SigningKey) -> None:
    """Write every leaf and checkpoint anew, as they would be had they been honest."""
    frontier = merkle.Frontier()
    changes: list[tuple[str, list[Any]]] = []
    for seq, event in enumerate(Event.objects.order_by("id")):
        leaf = merkle.leaf_hash(bytes(event.body))
        frontier.append(leaf)
        changes.append(("UPDATE ledger_treeleaf SET leaf = %s WHERE seq = %s", [leaf, seq]))
        changes.append(("UPDATE ledger_event SET leaf = %s WHERE id = %s", [leaf, event.pk]))
        if frontier.size % 3 == 0:
            text = Statement(settings.LEDGER_ORIGIN, frontier.size, frontier.root()).text()
            changes.append(
                (
                    "UPDATE ledger_checkpoint SET root = %s, frontier = %s, note = %s WHERE size = %s",
                    [frontier.root(), frontier.pack(), note.sign(text, [key]), frontier.size],
                )
            )
    tamper(*changes)


def test_a_log_signed_again_with_another_key_is_found():
    resign(SigningKey.generate(settings.LEDGER_ORIGIN))
    assert (first_wrong()["checkpoint"], "no known key" in first_wrong()["what"]) == (3, True)


def test_a_full_rewrite_with_the_stolen_key_is_found_by_checkpoints_from_outside(tmp_path):
    files = []
    for checkpoint in Checkpoint.objects.order_by("size"):
        files.append(tmp_path / f"{checkpoint.size}.checkpoint")
        files[-1].write_text(checkpoint.note)
    event = placed(4)
    tamper(("UPDATE ledger_event SET body = %s WHERE id = %s", [forged_body(event), event.pk]))
    resign(keys.signing_keys()[0])
    assert verified()["ok"]  # the thief has the key: only what left the house knows better
    wrong = first_wrong(*files)
    assert (wrong["seq"], wrong["to_seq"], wrong["checkpoint"]) == (3, 5, 6)
    assert "rewritten" in wrong["what"]
    assert first_wrong(files[-1])["checkpoint"] == 12


def test_an_event_deleted_while_it_waits_in_the_queue_only_is_found(fill):
    event = fill(1)[0]
    PendingEvent.objects.all().delete()
    assert (first_wrong()["event"], first_wrong()["uid"].replace("-", "")) == (event.pk, event.uid.hex)


def test_an_edited_event_that_waits_is_found(fill):
    event = fill(1)[0]
    tamper(("UPDATE ledger_event SET body = %s WHERE id = %s", [forged_body(event), event.pk]))
    assert (first_wrong()["event"], first_wrong()["what"]) == (event.pk, "the body was changed")


def test_a_changed_kept_subtree_is_found(fill):
    fill(600)
    seal()
    tamper("UPDATE ledger_treenode SET hash = (SELECT leaf FROM ledger_treeleaf WHERE seq = 0) WHERE position = 1")
    assert (first_wrong()["seq"], first_wrong()["to_seq"]) == (256, 511)


def test_triggers_that_were_taken_away_are_reported():
    triggers.remove()
    assert "trigger" in first_wrong()["what"]


def test_a_checkpoint_from_outside_that_nobody_known_has_signed_proves_nothing(tmp_path):
    file = tmp_path / "forged"
    text = Statement(settings.LEDGER_ORIGIN, 6, bytes(32)).text()
    file.write_text(note.sign(text, [SigningKey.generate(settings.LEDGER_ORIGIN)]))
    assert "does not verify" in first_wrong(file)["what"]


def test_public_keys_given_out_of_band_are_the_only_ones_that_count(tmp_path):
    file = tmp_path / "other.vkeys"
    file.write_text(f"{SigningKey.generate(settings.LEDGER_ORIGIN).verifier}\n")
    with pytest.raises(SystemExit):
        call_command("verify_ledger", "--vkeys", str(file), stdout=io.StringIO())
    with pytest.raises(CommandError):
        call_command("verify_ledger", "--checkpoint", str(tmp_path / "absent"))


def test_the_answer_for_people_names_the_record_too():
    event, out = placed(4), io.StringIO()
    tamper(("UPDATE ledger_event SET body = %s WHERE id = %s", [forged_body(event), event.pk]))
    with pytest.raises(SystemExit):
        call_command("verify_ledger", stdout=out)
    assert f"WRONG  the body was changed (seq 4, event {event.pk}, uid {event.uid})" in out.getvalue()
    assert "NOT whole" in out.getvalue()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own looseness with types")
@pytest.mark.parametrize(
    "sql",
    ["UPDATE ledger_event SET body = CAST(body AS TEXT) WHERE id = %s",
     "UPDATE ledger_event SET leaf = 7 WHERE id = %s", "UPDATE ledger_event SET action = 7 WHERE id = %s",
     "UPDATE ledger_event SET uid = 7 WHERE id = %s", "UPDATE ledger_event SET body = 7 WHERE id = %s",
     "UPDATE ledger_treeleaf SET leaf = 'x' WHERE event_id = %s", "UPDATE ledger_treeleaf SET leaf = 32 WHERE event_id = %s"],
)  # fmt: skip
def test_values_of_another_type_are_found_too(sql):
    event = placed(4)
    tamper((sql, [event.pk]))
    assert (first_wrong()["seq"], first_wrong()["event"]) == (4, event.pk)
