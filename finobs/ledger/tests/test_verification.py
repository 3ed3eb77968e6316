"""What a verification reports, exactly: every problem with its place, in order, and nothing of what is whole."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from finobs.ledger import keys, last_signed, merkle, note, triggers
from finobs.ledger.models import Checkpoint, Event, PendingEvent, TreeLeaf
from finobs.ledger.note import SigningKey, Statement
from finobs.ledger.services.seal import seal
from finobs.ledger.verification import verify
from finobs.ledger.verification_report import MAX_PROBLEMS, Problem, VerificationReport

pytestmark = pytest.mark.usefixtures("sealed")


def change(*statements: str) -> None:
    with triggers.removed(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def signed(size: int, root: bytes, signer: SigningKey | None = None) -> str:
    return note.sign(Statement(settings.LEDGER_ORIGIN, size, root).text(), [signer] if signer else keys.signing_keys())


def problems(*notes: str) -> list[dict[str, Any]]:
    return [problem.as_dict() for problem in verify(notes=notes).problems]


def event_at(seq: int) -> Event:
    return Event.objects.get(place__seq=seq)


def test_a_whole_ledger_is_reported_with_its_numbers(sealed: list[Event], fill: Any) -> None:
    fill(2)
    report = verify(notes=[Checkpoint.objects.earliest("size").note])
    assert (report.ok, report.size, report.checkpoints, report.pending, report.external) == (True, 12, 4, 2, 2)
    assert report.root == merkle.root([bytes(event.leaf) for event in sealed]).hex()
    assert report.seconds > 0
    last_signed.delete()
    assert verify().external == 0


def test_every_true_checkpoint_from_outside_holds_in_any_order() -> None:
    notes = [checkpoint.note for checkpoint in Checkpoint.objects.order_by("-size")]
    assert problems(*notes, notes[0], signed(0, merkle.EMPTY_ROOT)) == []


def test_each_checkpoint_from_outside_that_differs_is_told_with_what_lies_under_it() -> None:
    assert problems(signed(9, bytes(32)), signed(6, bytes(32)), signed(6, bytes(32))) == [
        {"what": "the log was rewritten: somebody else holds another signed root of this size",
         "seq": 0, "to_seq": 5, "checkpoint": 6},
        {"what": "the log was rewritten: somebody else holds another signed root of this size",
         "seq": 0, "to_seq": 5, "checkpoint": 6},
        {"what": "the log was rewritten: somebody else holds another signed root of this size",
         "seq": 6, "to_seq": 8, "checkpoint": 9},
    ]  # fmt: skip


def test_a_checkpoint_between_two_of_ours_is_compared_too(sealed: list[Event]) -> None:
    leaves = [bytes(event.leaf) for event in sealed]
    assert problems(signed(7, merkle.root(leaves[:7]))) == []
    (problem,) = problems(signed(7, merkle.root(leaves[:6])))
    assert (problem["seq"], problem["to_seq"], problem["checkpoint"]) == (0, 6, 7)


def test_checkpoints_beyond_the_log_say_what_is_missing() -> None:
    assert problems(signed(15, bytes(32)), signed(13, bytes(32)), Checkpoint.objects.latest("size").note) == [
        {"what": "the tail is missing: this size was signed", "seq": 12, "to_seq": 12, "checkpoint": 13},
        {"what": "the tail is missing: this size was signed", "seq": 12, "to_seq": 14, "checkpoint": 15},
    ]


def test_checkpoints_that_nobody_known_signed_are_told_and_prove_nothing() -> None:
    stranger = SigningKey.generate(settings.LEDGER_ORIGIN)
    found = problems(signed(6, bytes(32), stranger), "no note at all", signed(99, bytes(32), stranger))
    assert len(found) == 3
    assert all(problem["what"].startswith("the checkpoint given from outside does not verify: ") for problem in found)
    assert [list(problem) for problem in found] == [["what"]] * 3


def test_only_the_public_keys_that_are_given_count() -> None:
    stranger = SigningKey.generate(settings.LEDGER_ORIGIN)
    last_signed.delete()
    report = verify(vkeys=[stranger.verifier])
    assert [problem.checkpoint for problem in report.problems] == [3, 6, 9, 12]
    assert verify(vkeys=[*keys.verifier_keys(), stranger.verifier]).ok


def test_a_memory_that_this_process_may_not_read_is_no_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise PermissionError

    monkeypatch.setattr(last_signed, "latest", refuse)
    report = verify()
    assert (report.ok, report.external) == (True, 0)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite checks a foreign key later than a hostile hand")
def test_a_leaf_whose_event_is_gone_is_told_and_the_rest_is_still_checked() -> None:
    gone, edited = event_at(4), event_at(7)
    change(
        f"UPDATE ledger_treeleaf SET event_id = {-gone.pk} WHERE seq = 4",
        f"DELETE FROM ledger_event WHERE id = {gone.pk}",
        f"UPDATE ledger_event SET action = 'test.other' WHERE id = {edited.pk}",
    )
    found = problems()
    assert {"what": "the event of this leaf is missing", "seq": 4} in found
    assert {"what": "the columns do not say what the body says: action", "seq": 7, "event": edited.pk,
            "uid": str(edited.uid)} in found  # fmt: skip
    change("DELETE FROM ledger_treeleaf")  # Django checks foreign keys when the test ends


def test_an_edited_event_is_told_once_whatever_came_of_it() -> None:
    event = event_at(5)
    change(f"UPDATE ledger_event SET subject_id = 'x' WHERE id = {event.pk}")
    assert problems() == [
        {"what": "the columns do not say what the body says: subject.id", "seq": 5, "event": event.pk,
         "uid": str(event.uid)}
    ]  # fmt: skip


def test_a_leaf_that_is_no_hash_is_told_and_ends_the_check_there() -> None:
    event = event_at(4)
    with triggers.removed():
        TreeLeaf.objects.filter(seq=4).update(leaf=b"short")
    report = verify()
    assert (report.size, report.root) == (4, merkle.root([bytes(event_at(seq).leaf) for seq in range(4)]).hex())
    assert {"what": "the leaf is no hash", "seq": 4, "event": event.pk, "uid": str(event.uid)} in problems()


def test_a_gap_ends_the_check_where_it_begins() -> None:
    change("DELETE FROM ledger_treeleaf WHERE seq IN (4, 5)")
    report = verify()
    assert (report.size, report.root) == (4, merkle.root([bytes(event_at(seq).leaf) for seq in range(4)]).hex())
    assert report.problems[0].as_dict() == {"what": "records are missing", "seq": 4, "to_seq": 5}


def test_a_gap_at_the_end_is_told_up_to_the_last_checkpoint() -> None:
    change("DELETE FROM ledger_treeleaf WHERE seq >= 10")
    assert verify().problems[0].as_dict() == {"what": "records are missing", "seq": 10, "to_seq": 11}
    change("DELETE FROM ledger_treeleaf WHERE seq >= 0")
    assert verify().problems[0].as_dict() == {"what": "records are missing", "seq": 0, "to_seq": 11}


def test_problems_are_told_by_their_place_and_those_without_one_last(fill: Any) -> None:
    waiting = fill(1)[0]
    lost = fill(1)[0]
    PendingEvent.objects.filter(event_id=lost.pk).delete()
    edited = [event_at(seq) for seq in (9, 2)]
    change(
        *(f"UPDATE ledger_event SET subject_id = 'x' WHERE id = {event.pk}" for event in edited),
        f"UPDATE ledger_event SET subject_id = 'x' WHERE id = {waiting.pk}",
    )
    triggers.remove()
    found = verify().problems
    assert [problem.seq for problem in found][:2] == [2, 9]
    assert {problem.seq for problem in found[2:]} == {None}
    texts = [problem.what for problem in found[2:]]
    assert texts[0] == "an event that is neither placed nor pending"
    assert texts[1] == "the columns do not say what the body says: subject.id"
    assert all(text.startswith("the trigger ") and text.endswith(" is missing or not enabled") for text in texts[2:])
    assert len(texts) > 2


def test_an_event_that_waits_although_it_is_placed_is_told() -> None:
    event = event_at(3)
    PendingEvent.objects.create(event_id=event.pk)
    report = verify()
    assert [problem.as_dict() | {"uid": ""} for problem in report.problems] == [
        {"what": "an event that is placed waits to be placed again", "event": event.pk, "uid": ""}
    ]
    assert report.pending == 1


@pytest.mark.parametrize("seq", [12, -1])
def test_a_leaf_where_none_belongs_is_told(fill: Any, seq: int) -> None:
    event = fill(1)[0]
    PendingEvent.objects.all().delete()
    TreeLeaf.objects.create(seq=seq, event_id=event.pk, leaf=event.leaf)
    assert problems() == [{"what": "a leaf under no checkpoint", "seq": seq, "event": event.pk}]


def test_a_checkpoint_whose_columns_were_changed_is_told_by_its_size() -> None:
    change("UPDATE ledger_checkpoint SET frontier = root WHERE size = 6")
    (problem,) = problems()
    assert (problem["what"], problem["seq"], problem["checkpoint"]) == (
        "the checkpoint's frontier was changed", 5, 6,
    )  # fmt: skip
    change("UPDATE ledger_checkpoint SET root = (SELECT leaf FROM ledger_treeleaf WHERE seq = 0) WHERE size = 9")
    (first, second) = problems()
    assert (second["what"], second["seq"], second["checkpoint"]) == (
        "the checkpoint's columns are not what was signed", 8, 9,
    )  # fmt: skip
    assert first == problem


def test_a_checkpoint_that_was_signed_over_other_leaves_names_what_lies_between(sealed: list[Event]) -> None:
    text = signed(9, bytes(32))
    with triggers.removed(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_checkpoint SET root = %s, note = %s WHERE size = 9", [bytes(32), text])
    last_signed.delete()
    assert problems() == [
        {"what": "one of these records was changed, with its leaf", "seq": 6, "to_seq": 8, "checkpoint": 9}
    ]


def test_events_in_another_order_are_told_within_a_checkpoint_and_not_across() -> None:
    first, second = event_at(7), event_at(6)
    change(
        "UPDATE ledger_treeleaf SET event_id = -1 * event_id WHERE seq IN (6, 7)",
        f"UPDATE ledger_treeleaf SET event_id = {first.pk} WHERE seq = 6",
        f"UPDATE ledger_treeleaf SET event_id = {second.pk} WHERE seq = 7",
    )
    texts = {(problem["what"], problem["seq"], problem.get("event")) for problem in problems()}
    assert ("the order was changed", 7, second.pk) in texts
    assert not [each for each in texts if each[0] == "the order was changed" and each[1] != 7]


def test_a_kept_subtree_is_compared_at_its_own_place(fill: Any) -> None:
    fill(600)
    seal()
    assert problems() == []
    change("UPDATE ledger_treenode SET hash = (SELECT leaf FROM ledger_treeleaf WHERE seq = 0) WHERE position = 0")
    assert problems() == [{"what": "the kept subtree over these records was changed", "seq": 0, "to_seq": 255}]
    change("DELETE FROM ledger_treenode")
    assert [(problem["seq"], problem["to_seq"]) for problem in problems()] == [(0, 255), (256, 511)]


def test_a_report_keeps_the_first_twenty_problems() -> None:
    report = VerificationReport()
    assert (report.ok, report.as_dict()["first_wrong"], report.as_dict()["per_second"]) == (True, None, 0)
    for number in range(MAX_PROBLEMS + 5):
        report.add(Problem("wrong", seq=number))
    assert (len(report.problems), report.problems[-1].seq, report.ok) == (20, 19, False)
    report.size, report.seconds = 100, 2.0
    assert (report.as_dict()["per_second"], report.as_dict()["first_wrong"]) == (50, {"what": "wrong", "seq": 0})
