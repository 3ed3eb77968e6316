"""AUD-6: writers and sealers are killed at any moment; no gap, nothing lost, nothing doubled, no other root."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.db import Error, connection, connections, transaction

from finobs.ledger.models import Alarm, Checkpoint, Event, PendingEvent, TreeLeaf
from finobs.ledger.services import NewEvent, record_many
from finobs.ledger.services.seal import seal, seal_all
from finobs.ledger.verification import verify

pytestmark = [pytest.mark.kill, pytest.mark.django_db(transaction=True)]
KILLS = 60


def in_child(work: Callable[[], None]) -> int:
    """Fork a child of this warm process that repeats `work` until it is killed, with connections of its own."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        while True:
            try:
                work()
            except Error:  # the database ended our session: go on with another, as a worker would
                connections.close_all()
    finally:
        os._exit(1)


def writer(clerk, acknowledged: int) -> Callable[[], None]:
    def work() -> None:
        with transaction.atomic():
            entries = [NewEvent("test.act", ("test.thing", "1"), {"n": n}) for n in range(random.randint(1, 20))]
            events = record_many(actor=clerk, entries=entries)
        # Only after the commit, in one write: whoever reads this line was promised the events.
        os.write(acknowledged, b"".join(event.uid.bytes for event in events))

    return work


def sealer() -> None:
    seal(limit=random.randint(1, 300))
    time.sleep(0.002)


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def promised(file: Path) -> set[UUID]:
    data = file.read_bytes()
    return {UUID(bytes=data[at : at + 16]) for at in range(0, len(data) // 16 * 16, 16)}


def end_sessions() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_sixty_kills_leave_no_gap_and_lose_nothing_that_was_promised(ledger_key, clerk, tmp_path, capsys):
    file = tmp_path / "acknowledged"
    acknowledged = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    works = [writer(clerk, acknowledged), writer(clerk, acknowledged), sealer, sealer]
    started = time.monotonic()
    children = [in_child(work) for work in works]
    killed = [0, 0]
    try:
        for turn in range(KILLS):
            time.sleep(random.uniform(0.03, 0.2))
            if connection.vendor == "postgresql" and turn % 10 == 9:
                end_sessions()
            victim = random.randrange(4)
            end(children[victim])
            killed[victim // 2] += 1
            children[victim] = in_child(works[victim])
    finally:
        for pid in children:
            end(pid)
        os.close(acknowledged)
    seconds = time.monotonic() - started
    seal_all()

    report = verify()
    assert report.ok, report.as_dict()
    assert not Alarm.objects.exists()
    assert Event.objects.count() == TreeLeaf.objects.count() == report.size > 0
    assert PendingEvent.objects.count() == 0
    assert list(TreeLeaf.objects.order_by("seq").values_list("seq", flat=True)) == list(range(report.size))
    kept = set(Event.objects.values_list("uid", flat=True))
    assert promised(file) <= kept
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{connection.vendor}: {killed[0]} writers and {killed[1]} sealers killed in {seconds:.1f} s; "
            f"{report.size} events, {len(promised(file))} promised, 0 lost; "
            f"{Checkpoint.objects.count()} checkpoints; ok {report.ok}"
        )
