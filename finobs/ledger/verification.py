"""The whole ledger checked against itself, its signatures, and checkpoints that others hold.

Streams by place in the tree with constant memory, beside running writers and sealers: everything below the last
checkpoint is fixed, and each of the remaining questions is one statement, hence one snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from . import keys, last_signed, triggers
from .merkle import HASH_SIZE, Frontier
from .models import Checkpoint, TreeNode
from .note import NoteError, Statement, VerifierKey, open_checkpoint
from .verification_events import event_faults
from .verification_queries import (
    DOUBLE_EVENTS,
    LOST_EVENTS,
    STRAY_LEAVES,
    checkpoints,
    fetch,
    pending_events,
    placed_events,
    raw_bytes,
)
from .verification_report import Problem, VerificationReport


def verify(*, notes: Sequence[str] = (), vkeys: Sequence[VerifierKey] | None = None) -> VerificationReport:
    """Check everything. `notes` are checkpoints that came from outside: only they show a cut tail or a rewrite."""
    started = time.perf_counter()
    report = VerificationReport()
    check = _Check(report, list(keys.verifier_keys() if vkeys is None else vkeys), _external(notes))
    check.leaves()
    check.rest()
    # Places first, in order: the first wrong record comes first, whatever found it.
    report.problems.sort(key=lambda problem: (problem.seq is None, problem.seq or 0))
    report.seconds = time.perf_counter() - started
    return report


def _external(notes: Sequence[str]) -> list[str]:
    """The given notes, and the one that the sealer remembers where this process may read it."""
    try:
        remembered = last_signed.latest()
    except PermissionError:
        remembered = None
    return [*notes, remembered] if remembered else list(notes)


class _Check:
    def __init__(self, report: VerificationReport, vkeys: list[VerifierKey], notes: list[str]) -> None:
        self.report, self.vkeys = report, vkeys
        self.frontier = Frontier()
        self.size = Checkpoint.objects.values_list("size", flat=True).first() or 0
        self.external = sorted((self._statement(note) for note in notes), key=lambda statement: statement.size)
        report.external = len(notes)
        self.waiting = [statement for statement in self.external if statement.size]
        self.good = 0  # the size up to which every statement held

    def _statement(self, note: str) -> Statement:
        try:
            return open_checkpoint(note, self.vkeys, settings.LEDGER_ORIGIN)
        except NoteError as error:
            self.report.add(Problem(f"the checkpoint given from outside does not verify: {error}"))
            return Statement(settings.LEDGER_ORIGIN, 0, b"")

    def leaves(self) -> None:
        """Every place below the last checkpoint, in order, and every statement about it."""
        statements = checkpoints(self.size)
        due = next(statements, None)
        last_event = 0
        for rows in placed_events(self.size):
            done = []
            for seq, leaf, placed_event, at, uid, *event in rows:
                if seq != self.frontier.size:
                    self._gap(seq)
                    return
                self._event(seq, at, uid, event, leaf)
                if placed_event <= last_event:
                    self.report.add(Problem("the order was changed", seq, None, placed_event, uid))
                last_event = placed_event
                if len(raw_bytes(leaf)) != HASH_SIZE:
                    self.report.add(Problem("the leaf is no hash", seq, None, placed_event, uid))
                    self._reached()
                    return
                done += self.frontier.append(leaf)
                if due is not None and due[0] == self.frontier.size:
                    self._checkpoint(*due)
                    due, last_event = next(statements, None), 0
                if self.waiting and self.waiting[0].size == self.frontier.size:
                    self._outside()
            self._nodes(done)
        if self.frontier.size != self.size:
            self._gap(self.size)
        self._reached()

    def _reached(self) -> None:
        self.report.size, self.report.root = self.frontier.size, self.frontier.root().hex()

    def _gap(self, to: int) -> None:
        self._reached()
        self.report.add(Problem("records are missing", self.frontier.size, max(to - 1, self.frontier.size)))

    def _event(self, seq: int | None, at: str, uid: str, event: list[Any], leaf: Any) -> None:
        """SQLite lets a hostile hand store any type in any column: that is a finding too, not a crash."""
        if event[0] is None:
            self.report.add(Problem("the event of this leaf is missing", seq))
            return
        try:
            for fault in event_faults(at, uid, event, leaf):
                self.report.add(Problem(fault, seq, None, event[0], uid))
        except (TypeError, ValueError, AttributeError):
            self.report.add(Problem("a column holds what finobs never writes", seq, None, event[0], str(uid)))

    def _checkpoint(self, size: int, root: bytes, frontier: bytes, note: str) -> None:
        self.report.checkpoints += 1
        try:
            statement = open_checkpoint(note, self.vkeys, settings.LEDGER_ORIGIN)
        except NoteError as error:
            self.report.add(Problem(f"the checkpoint does not verify: {error}", size - 1, None, checkpoint=size))
            return
        if (statement.size, statement.root) != (size, root) or not note.startswith(statement.text() + "\n"):
            self.report.add(Problem("the checkpoint's columns are not what was signed", size - 1, checkpoint=size))
        elif statement.root != self.frontier.root():
            self.report.add(
                Problem("one of these records was changed, with its leaf", self.good, size - 1, checkpoint=size)
            )
        elif frontier != self.frontier.pack():
            self.report.add(Problem("the checkpoint's frontier was changed", size - 1, checkpoint=size))
        else:
            self.good = size

    def _outside(self) -> None:
        """Checkpoints from outside that speak of just this size."""
        while self.waiting and self.waiting[0].size == self.frontier.size:
            statement = self.waiting.pop(0)
            if statement.root != self.frontier.root():
                before = max((other.size for other in self.external if other.size < statement.size), default=0)
                what = "the log was rewritten: somebody else holds another signed root of this size"
                self.report.add(Problem(what, before, statement.size - 1, checkpoint=statement.size))

    def _nodes(self, done: list[Any]) -> None:
        for height in {node.height for node in done}:
            level = {node.position: node for node in done if node.height == height}
            stored = dict(
                TreeNode.objects.filter(height=height, position__gte=min(level), position__lte=max(level)).values_list(
                    "position", "hash"
                )
            )
            for position, node in sorted(level.items()):
                if bytes(stored.get(position, b"")) != node.hash:
                    first = position << height
                    self.report.add(
                        Problem("the kept subtree over these records was changed", first, first + (1 << height) - 1)
                    )

    def rest(self) -> None:
        """What is not below the last checkpoint: a cut tail, strays, and events that wait."""
        for statement in self.waiting:
            if statement.size > self.frontier.size:
                what = "the tail is missing: this size was signed"
                self.report.add(Problem(what, self.frontier.size, statement.size - 1, checkpoint=statement.size))
        for seq, event in fetch(STRAY_LEAVES):
            self.report.add(Problem("a leaf under no checkpoint", seq, None, event))
        for pk, uid in fetch(LOST_EVENTS):
            self.report.add(Problem("an event that is neither placed nor pending", None, None, pk, str(uid)))
        for pk, uid in fetch(DOUBLE_EVENTS):
            self.report.add(Problem("an event that is placed waits to be placed again", None, None, pk, str(uid)))
        for rows in pending_events():
            self.report.pending += len(rows)
            for at, uid, *event in rows:
                self._event(None, at, uid, event, None)
        for name in triggers.missing():
            self.report.add(Problem(f"the trigger {name} is missing or not enabled"))
