"""The sealer: pending events become leaves, leaves become a tree, the tree becomes a signed checkpoint.

One transaction for a batch: whoever is killed in it has done nothing. Two sealers are safe: an advisory lock on
PostgreSQL, the one writer of an IMMEDIATE transaction on SQLite. The place of an event is the size of the tree before
it, so there are no gaps by construction, whatever sequences do. Sealing is the ledger's own doing: it has no actor
and writes no event, or it would never come to an end.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from finobs.core import clock
from finobs.core.db.locks import try_lock

from .. import keys, last_signed, tree
from ..choices import AlarmKind
from ..merkle import Frontier, leaf_hash
from ..models import Alarm, Checkpoint, TreeNode
from ..note import NoteError, SigningKey, Statement, open_checkpoint, sign

log = logging.getLogger("finobs.ledger")
MAX_EVENTS_PER_SEAL = 5_000
SEAL_LOCK = "finobs.ledger.seal"
ANOTHER_SEALER = "another sealer is at work"


@dataclass(frozen=True, slots=True)
class SealResult:
    """What one round did. `refused` says why nothing could be signed; events wait, none is lost."""

    count: int
    size: int
    refused: str = ""


class SealRefused(Exception):
    """Signing now would be wrong."""

    def __init__(self, kind: str, detail: str, evidence: str = "") -> None:
        super().__init__(detail)
        self.kind, self.detail, self.evidence = kind, detail, evidence


def seal(*, limit: int = MAX_EVENTS_PER_SEAL) -> SealResult:
    """Seal up to `limit` pending events under one new checkpoint.

    Never signs while an alarm is open, nor a tree that does not follow from the last checkpoint and from the last
    note that this sealer signed (kept beside the key, out of the database's reach): it raises an alarm instead.
    """
    signers = keys.signing_keys()
    if not signers:
        log.error("ledger: no signing key at %s: events stay pending", settings.LEDGER_KEY_FILE)
        return SealResult(0, _size(), "no signing key")
    try:
        with transaction.atomic():
            sealed, note = _seal(signers, limit)
    except SealRefused as refusal:
        raise_alarm(refusal.kind, refusal.detail, refusal.evidence)
        return SealResult(0, _size(), refusal.detail)
    if note:
        last_signed.store(note)
    return sealed


def seal_all() -> SealResult:
    """Seal until nothing is pending, or until something refuses."""
    total = 0
    while True:
        sealed = seal()
        total += sealed.count
        if sealed.count < MAX_EVENTS_PER_SEAL:
            return SealResult(total, sealed.size, sealed.refused)


def raise_alarm(kind: str, detail: str, evidence: str = "") -> None:
    """Keep an alarm, once: it blocks signing until a person settles it."""
    log.critical("ledger: %s", detail)
    Alarm.objects.get_or_create(
        kind=kind, settled_at=None, defaults={"detail": detail, "evidence": evidence, "raised_at": clock.now()}
    )


def _seal(signers: list[SigningKey], limit: int) -> tuple[SealResult, str]:
    if not try_lock(SEAL_LOCK):
        return SealResult(0, _size(), ANOTHER_SEALER), ""
    alarm = Alarm.objects.filter(settled_at=None).first()
    if alarm is not None:
        return SealResult(0, _size(), f"alarm: {alarm.detail}"), ""
    last = Checkpoint.objects.first()
    frontier = _trusted_frontier(last)
    leaves = _place(frontier.size, limit)
    if not leaves:
        return SealResult(0, frontier.size), ""
    nodes = frontier.extend(leaves)
    TreeNode.objects.bulk_create(
        [TreeNode(height=node.height, position=node.position, hash=node.hash) for node in nodes]
    )
    statement = Statement(settings.LEDGER_ORIGIN, frontier.size, frontier.root())
    note = sign(statement.text(), signers)
    Checkpoint.objects.create(
        size=frontier.size, root=statement.root, frontier=frontier.pack(), note=note, sealed_at=clock.now()
    )
    return SealResult(len(leaves), frontier.size), note


def _trusted_frontier(last: Checkpoint | None) -> Frontier:
    """Where the tree goes on from, once it is sure that this is what was signed before."""
    frontier = Frontier.unpack(last.size, bytes(last.frontier)) if last else Frontier()
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(seq) + 1, 0) FROM ledger_treeleaf")
        placed = cursor.fetchone()[0]
    if placed != frontier.size:
        raise SealRefused(AlarmKind.INCONSISTENT, f"{placed} leaves stand under a checkpoint of {frontier.size}")
    if last:
        _check_signed(last, frontier)
    _check_remembered(frontier)
    return frontier


def _check_signed(last: Checkpoint, frontier: Frontier) -> None:
    try:
        statement = open_checkpoint(last.note, keys.verifier_keys(), settings.LEDGER_ORIGIN)
    except NoteError as error:
        raise SealRefused(
            AlarmKind.KEY, f"the checkpoint at {last.size} does not verify: {error}", last.note
        ) from error
    if (statement.size, statement.root) != (last.size, bytes(last.root)) or frontier.root() != statement.root:
        raise SealRefused(AlarmKind.INCONSISTENT, f"the checkpoint at {last.size} is not what was signed", last.note)


def _check_remembered(frontier: Frontier) -> None:
    """Against a restored or cut database: the tree must extend the last note that this sealer let out."""
    note = last_signed.latest()
    if note is None:
        return
    try:
        statement = last_signed.statement_of(note)
    except NoteError as error:
        raise SealRefused(AlarmKind.KEY, f"the last note signed here does not verify: {error}", note) from error
    if statement.size > frontier.size:
        raise SealRefused(
            AlarmKind.SHRUNK, f"size {statement.size} has been signed, but the log has {frontier.size}", note
        )
    here = frontier.root() if statement.size == frontier.size else tree.root_at(statement.size)
    if here != statement.root:
        raise SealRefused(AlarmKind.EQUIVOCATION, f"another root has been signed at size {statement.size}", note)


def _place(size: int, limit: int) -> list[bytes]:
    """Give the oldest pending events their places; returns their leaf hashes in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_treeleaf (seq, event_id, leaf) "
            "SELECT %s + ROW_NUMBER() OVER (ORDER BY e.id) - 1, e.id, e.leaf FROM ledger_event e WHERE e.id IN "
            "(SELECT event_id FROM ledger_pendingevent ORDER BY event_id LIMIT %s)",
            [size, limit],
        )
        cursor.execute(
            "SELECT e.id, e.body, l.leaf FROM ledger_treeleaf l JOIN ledger_event e ON e.id = l.event_id "
            "WHERE l.seq >= %s ORDER BY l.seq",
            [size],
        )
        leaves = [_honest(pk, bytes(body), bytes(leaf)) for pk, body, leaf in cursor.fetchall()]
        cursor.execute(
            "DELETE FROM ledger_pendingevent WHERE event_id IN (SELECT event_id FROM ledger_treeleaf WHERE seq >= %s)",
            [size],
        )
    return leaves


def _honest(pk: int, body: bytes, leaf: bytes) -> bytes:
    if leaf_hash(body) != leaf:
        raise SealRefused(AlarmKind.EVENT, f"event {pk} was changed before it was sealed")
    return leaf


def _size() -> int:
    last = Checkpoint.objects.values_list("size", flat=True).first()
    return last or 0
