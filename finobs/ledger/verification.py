"""The whole ledger checked against itself, its signatures, and checkpoints that others hold.

Streams by place in the tree with constant memory, beside running writers and sealers: everything below the last
checkpoint is fixed, and each of the remaining questions is one statement, hence one snapshot.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring as quoted
from typing import Any

from django.conf import settings
from django.db import connection

from . import keys, last_signed, triggers
from .canonical import EVENT_SCHEMA
from .merkle import HASH_SIZE, Frontier
from .models import Checkpoint, TreeNode
from .note import NoteError, Statement, VerifierKey, open_checkpoint

CHUNK = 5_000
MAX_PROBLEMS = 20
_AT = {
    "postgresql": """to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.uid::text""",
    "sqlite": (
        "substr(e.at, 1, 10) || 'T' || substr(substr(e.at, 12) || CASE WHEN length(e.at) = 19 THEN '.000000' "
        "ELSE '' END, 1, 15) || 'Z', substr(e.uid, 1, 8) || '-' || substr(e.uid, 9, 4) || '-' || "
        "substr(e.uid, 13, 4) || '-' || substr(e.uid, 17, 4) || '-' || substr(e.uid, 21)"
    ),
}
_COLUMNS = "e.id, e.action, e.actor_id, e.actor_type, e.subject_type, e.subject_id, e.request_id, e.body, e.leaf"

_STRAY_LEAVES = (
    "SELECT seq, event_id FROM ledger_treeleaf WHERE seq < 0 "
    "OR seq >= (SELECT COALESCE(MAX(size), 0) FROM ledger_checkpoint) ORDER BY seq LIMIT 5"
)
_LOST_EVENTS = (
    "SELECT e.id, e.uid FROM ledger_event e WHERE NOT EXISTS (SELECT 1 FROM ledger_treeleaf l WHERE l.event_id = e.id) "
    "AND NOT EXISTS (SELECT 1 FROM ledger_pendingevent p WHERE p.event_id = e.id) ORDER BY e.id LIMIT 5"
)
_DOUBLE_EVENTS = (
    "SELECT e.id, e.uid FROM ledger_pendingevent p JOIN ledger_treeleaf l ON l.event_id = p.event_id "
    "JOIN ledger_event e ON e.id = p.event_id ORDER BY e.id LIMIT 5"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where: a place in the tree (or a range of them), an event, a checkpoint."""

    what: str
    seq: int | None = None
    to_seq: int | None = None
    event: int | None = None
    uid: str | None = None
    checkpoint: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}


@dataclass
class VerificationReport:
    """What `verify` found."""

    size: int = 0
    root: str = ""
    checkpoints: int = 0
    pending: int = 0
    external: int = 0
    problems: list[Problem] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.problems

    def add(self, problem: Problem) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def as_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok, "size": self.size, "root": self.root, "checkpoints": self.checkpoints,
            "pending": self.pending, "external_checkpoints": self.external, "seconds": round(self.seconds, 3),
            "per_second": round(self.size / self.seconds) if self.seconds else 0,
            "first_wrong": self.problems[0].as_dict() if self.problems else None,
            "problems": [problem.as_dict() for problem in self.problems],
        }  # fmt: skip


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
        self.external = sorted((self._statement(note) for note in notes), key=lambda said: said.size)
        report.external = len(notes)
        self.waiting = [said for said in self.external if said.size]
        self.good = 0  # the size up to which every statement held

    def _statement(self, note: str) -> Statement:
        try:
            return open_checkpoint(note, self.vkeys, settings.LEDGER_ORIGIN)
        except NoteError as error:
            self.report.add(Problem(f"the checkpoint given from outside does not verify: {error}"))
            return Statement(settings.LEDGER_ORIGIN, 0, b"")

    def leaves(self) -> None:
        """Every place below the last checkpoint, in order, and every statement about it."""
        statements = _checkpoints(self.size)
        due = next(statements, None)
        last_event = 0
        for rows in _placed(self.size):
            done = []
            for seq, leaf, placed_event, at, uid, *event in rows:
                if seq != self.frontier.size:
                    self._gap(seq)
                    return
                self._event(seq, at, uid, event, leaf)
                if placed_event <= last_event:
                    self.report.add(Problem("the order was changed", seq, None, placed_event, uid))
                last_event = placed_event
                if len(_raw(leaf)) != HASH_SIZE:
                    self.report.add(Problem("the leaf is no hash", seq, None, placed_event, uid))
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
        self.report.size, self.report.root = self.frontier.size, self.frontier.root().hex()

    def _gap(self, to: int) -> None:
        self.report.size, self.report.root = self.frontier.size, self.frontier.root().hex()
        self.report.add(Problem("records are missing", self.frontier.size, max(to - 1, self.frontier.size)))

    def _event(self, seq: int | None, at: str, uid: str, event: list[Any], leaf: Any) -> None:
        """SQLite lets a hostile hand store any type in any column: that is a finding too, not a crash."""
        try:
            self._said(seq, at, uid, event, leaf)
        except (TypeError, ValueError, AttributeError):
            self.report.add(Problem("a column holds what finobs never writes", seq, None, event[0], str(uid)))

    def _said(self, seq: int | None, at: str, uid: str, event: list[Any], leaf: Any) -> None:
        pk, action, actor, actor_type, subject_type, subject, request, body, own = event
        if pk is None:
            self.report.add(Problem("the event of this leaf is missing", seq))
            return
        body = _raw(body)
        if hashlib.sha256(b"\x00" + body).digest() != own:
            self.report.add(Problem("the body was changed", seq, None, pk, uid))
        elif leaf is not None and own != leaf:
            self.report.add(Problem("event and leaf differ: one of them was changed or moved", seq, None, pk, uid))
        # The body is canonical, so the columns must be its exact beginning and end: cheaper than parsing.
        begin = (
            f'{{"action":{quoted(action)},"actor":{{"id":"{actor}","type":{quoted(actor_type)}}},"at":"{at}","data":'
        )
        end = (
            f',"id":"{uid}","request":{quoted(request)},"schema":{EVENT_SCHEMA},'
            f'"subject":{{"id":{quoted(subject)},"type":{quoted(subject_type)}}}}}'
        )
        if not (body.startswith(begin.encode()) and body.endswith(end.encode())):
            columns = {
                "action": action, "actor.id": str(actor), "actor.type": actor_type, "at": at, "id": uid,
                "request": request, "subject.id": subject, "subject.type": subject_type,
            }  # fmt: skip
            what = f"the columns do not say what the body says: {_differing(columns, body)}"
            self.report.add(Problem(what, seq, None, pk, uid))

    def _checkpoint(self, size: int, root: bytes, frontier: bytes, note: str) -> None:
        self.report.checkpoints += 1
        try:
            said = open_checkpoint(note, self.vkeys, settings.LEDGER_ORIGIN)
        except NoteError as error:
            self.report.add(Problem(f"the checkpoint does not verify: {error}", size - 1, None, checkpoint=size))
            return
        if (said.size, said.root) != (size, root) or said.text() + "\n" != note[: len(said.text()) + 1]:
            self.report.add(Problem("the checkpoint's columns are not what was signed", size - 1, checkpoint=size))
        elif said.root != self.frontier.root():
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
            said = self.waiting.pop(0)
            if said.root != self.frontier.root():
                before = max((other.size for other in self.external if other.size < said.size), default=0)
                what = "the log was rewritten: somebody else holds another signed root of this size"
                self.report.add(Problem(what, before, said.size - 1, checkpoint=said.size))

    def _nodes(self, done: list[Any]) -> None:
        for height in {node.height for node in done}:
            level = {node.position: node for node in done if node.height == height}
            kept = dict(
                TreeNode.objects.filter(height=height, position__gte=min(level), position__lte=max(level)).values_list(
                    "position", "hash"
                )
            )
            for position, node in sorted(level.items()):
                if bytes(kept.get(position, b"")) != node.hash:
                    first = position << height
                    self.report.add(
                        Problem("the kept subtree over these records was changed", first, first + (1 << height) - 1)
                    )

    def rest(self) -> None:
        """What is not below the last checkpoint: a cut tail, strays, and events that wait."""
        for said in self.waiting:
            if said.size > self.frontier.size:
                what = "the tail is missing: this size was signed"
                self.report.add(Problem(what, self.frontier.size, said.size - 1, checkpoint=said.size))
        for seq, event in _rows(_STRAY_LEAVES):
            self.report.add(Problem("a leaf under no checkpoint", seq, None, event))
        for pk, uid in _rows(_LOST_EVENTS):
            self.report.add(Problem("an event that is neither placed nor pending", None, None, pk, str(uid)))
        for pk, uid in _rows(_DOUBLE_EVENTS):
            self.report.add(Problem("an event that is placed waits to be placed again", None, None, pk, str(uid)))
        for rows in _waiting():
            self.report.pending += len(rows)
            for at, uid, *event in rows:
                self._event(None, at, uid, event, None)
        for name in triggers.missing():
            self.report.add(Problem(f"the trigger {name} is missing or not enabled"))


def _placed(size: int) -> Iterator[list[Any]]:
    # PostgreSQL without fresh statistics joins the whole of both tables for every chunk; OFFSET 0 makes it look each
    # event up by its key (measured: 50,000 a second against 6,000). SQLite does so by itself.
    join = "LEFT JOIN ledger_event e ON e.id = l.event_id"
    if connection.vendor == "postgresql":
        join = "LEFT JOIN LATERAL (SELECT * FROM ledger_event x WHERE x.id = l.event_id OFFSET 0) e ON TRUE"
    sql = (
        f"SELECT l.seq, l.leaf, l.event_id, {_AT[connection.vendor]}, {_COLUMNS} FROM ledger_treeleaf l "  # noqa: S608
        f"{join} WHERE l.seq >= %s AND l.seq < %s ORDER BY l.seq"
    )
    for start in range(0, size, CHUNK):
        # A chunk without rows is a gap; what comes after it is not this function's to skip.
        yield _rows(sql, [start, min(start + CHUNK, size)])


def _waiting() -> Iterator[list[Any]]:
    sql = (
        f"SELECT {_AT[connection.vendor]}, {_COLUMNS} FROM ledger_pendingevent p "  # noqa: S608
        "JOIN ledger_event e ON e.id = p.event_id WHERE p.event_id > %s ORDER BY p.event_id LIMIT %s"
    )
    after = 0
    while rows := _rows(sql, [after, CHUNK]):
        yield rows
        after = rows[-1][2]


def _checkpoints(size: int) -> Iterator[tuple[int, bytes, bytes, str]]:
    sql = (
        "SELECT size, root, frontier, note FROM ledger_checkpoint WHERE size > %s AND size <= %s ORDER BY size LIMIT %s"
    )
    after = 0
    while rows := _rows(sql, [after, size, 500]):
        for found, root, frontier, note in rows:
            yield found, _raw(root), _raw(frontier), str(note)
        after = rows[-1][0]


def _rows(sql: str, values: Sequence[Any] = ()) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())


def _raw(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else b""


def _differing(columns: dict[str, str], body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return "the body is not JSON"
    names = []
    for name, value in columns.items():
        inner: Any = said
        for step in name.split("."):
            inner = inner.get(step) if isinstance(inner, dict) else None
        if inner != value:
            names.append(name)
    return ", ".join(names) or "the body is not canonical"
