"""What the ledger costs (AUD-8): recording, sealing, verifying, proving, and the lag under a steady load."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from django.db import connection, transaction
from django.test import override_settings

from finobs.accounts.system import system_actor
from finobs.core.models import IdempotentAnswer
from finobs.ledger import keys
from finobs.ledger.merkle import verify_inclusion
from finobs.ledger.models import Checkpoint, TreeLeaf
from finobs.ledger.services import NewEvent, record, record_many
from finobs.ledger.services.seal import seal, seal_all
from finobs.ledger.tree import inclusion
from finobs.ledger.verification import verify
from tests.benchmarks.registry import Timings, benchmark, percentile

RATIONALE = "The customer's own transfers between accounts, confirmed by the bank's statement. " * 2


@benchmark("ledger_record", size=20_000, help="Record events, 20 to a transaction.")
def record_events(size: int) -> Timings:
    for start in range(0, size, 20):
        started = perf_counter()
        _record(start, 20)
        yield perf_counter() - started, 20
    return {}


@benchmark("ledger_seal", size=50_000, help="Seal pending events into the tree, 5,000 to a checkpoint.")
def seal_events(size: int) -> Timings:
    with _own_key():
        _fill(size)
        while True:
            started = perf_counter()
            sealed = seal()
            if not sealed.count:
                return {}
            yield perf_counter() - started, sealed.count


@benchmark("ledger_verify", size=100_000, help="Verify the whole ledger: bodies, columns, tree, signatures.")
def verify_ledger(size: int) -> Timings:
    with _own_key():
        _fill(size)
        seal_all()
        started = perf_counter()
        report = verify()
        yield perf_counter() - started, report.size
        return {"ok": report.ok}


@benchmark("ledger_prove", size=50_000, help="Make and check inclusion proofs.")
def prove(size: int) -> Timings:
    with _own_key():
        _fill(size)
        seal_all()
        last = Checkpoint.objects.latest("size")
        for index in range(0, last.size, max(1, last.size // 500)):
            leaf = bytes(TreeLeaf.objects.get(seq=index).leaf)
            started = perf_counter()
            path = inclusion(index, last.size)
            held = verify_inclusion(leaf=leaf, index=index, size=last.size, proof=path, root=bytes(last.root))
            yield perf_counter() - started
            if not held:
                raise RuntimeError(f"the proof of {index} does not hold")
        return {"hashes": len(path)}


@benchmark("ledger_lag", size=5_000, repeat=1, help="How long events wait at 500 a second, sealed every 250 ms.")
def lag(size: int) -> Timings:
    with _own_key(), _sealing():
        started, written = time.monotonic(), 0
        marks: list[tuple[int, float]] = []
        while written < size:
            _record(written, 10)
            written += 10
            marks.append((written, time.monotonic()))
            time.sleep(max(0.0, started + written / 500 - time.monotonic()))
        waits = list(_waits(marks))
    yield from waits
    return {"lag_p99_s": round(percentile(waits, 99), 3)}


def _waits(marks: list[tuple[int, float]]) -> Iterator[float]:
    """How long after it was written each mark was under a checkpoint."""
    while Checkpoint.objects.latest("size").size < marks[-1][0]:
        time.sleep(0.05)
    sealed = [
        (size, at.timestamp()) for size, at in Checkpoint.objects.order_by("size").values_list("size", "sealed_at")
    ]
    offset = time.time() - time.monotonic()
    for size, at in marks:
        yield max(0.0, next(moment for done, moment in sealed if done >= size) - (at + offset))


@contextmanager
def _sealing() -> Iterator[None]:
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.25):
            seal()
        connection.close()

    sealer = threading.Thread(target=work)
    sealer.start()
    try:
        yield
    finally:
        stop.set()
        sealer.join()


@contextmanager
def _own_key() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder) / name) for name in ("LEDGER_KEY_FILE", "LEDGER_VKEYS_FILE")}
        with override_settings(**files):
            keys.create()
            yield


def _fill(size: int) -> None:
    for start in range(0, size, 1_000):
        _record(start, min(1_000, size - start))


def _record(start: int, count: int) -> None:
    actor = system_actor("bench")
    entries = [
        NewEvent("case.close", ("cases.case", str(number)), {"disposition": "false_positive", "rationale": RATIONALE})
        for number in range(start, start + count)
    ]
    with transaction.atomic():
        record_many(actor=actor, entries=entries)


@benchmark("ledger_overhead", size=3_000, help="16 writers with 20 ms of other work each: with the ledger and without.")
def overhead(size: int) -> Timings:
    """AUD-8 allows a loss of 10 %. The baseline, in the same run, writes the same row without its event."""
    bare = _sixteen_writers(size, recorded=False)
    with _own_key(), _sealing():
        recorded = _sixteen_writers(size, recorded=True)
    yield recorded, size
    return {"without_ledger_per_second": size / bare, "share_of_baseline": bare / recorded}


def _sixteen_writers(size: int, *, recorded: bool) -> float:
    """Seconds that 16 threads take for `size` requests between them."""
    actor = system_actor("bench")

    def write(numbers: range) -> None:
        for number in numbers:
            time.sleep(0.02)  # what else a request does: templates, other queries, the network
            with transaction.atomic():
                kept = IdempotentAnswer.objects.create(
                    caller=actor, endpoint=f"bench-{recorded}", key=str(number), fingerprint="0" * 64
                )
                if recorded:
                    record(actor=actor, action="bench.write", subject=kept, data={"rationale": RATIONALE})
        connection.close()

    threads = [threading.Thread(target=write, args=(range(first, size, 16),)) for first in range(16)]
    started = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter() - started
