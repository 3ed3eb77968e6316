"""`manage.py bench decide`: POST /api/v1/decisions over HTTP, signed in, kept with its event, at 1 and 8 clients."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from detection.choices import ModelRole
from detection.ml.registry.services import model_install
from detection.ml.training.services import model_train
from detection.models import Alert, Assessment
from detection.rules.services import ensure_default_rules
from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.accounts.services import token_create, user_create
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.db.ids import reserve
from finobs.demo.generator import Plan, generate
from tests.benchmarks import server
from tests.benchmarks.registry import Timings, benchmark
from transactions import bulk_load
from transactions.choices import IngestMethod
from transactions.models import Account, Batch, Source, Transaction
from transactions.row_validation import LABEL_FIELDS
from transactions.services import MAX_BATCH_SIZE, RawRow, ingest, source_create

URL = "/api/v1/decisions"
LEARNED = 30_000
SECONDS = 12.0
WARM = 300


@benchmark("decide", size=12_000, repeat=1, help="POST /api/v1/decisions at 1 and 8 clients, behind Granian.")
def decide(size: int) -> Timings:
    """At most `size` requests and 12 seconds with each number of clients. Beside it: GET /livez, and a bare insert.

    `per_second` is of one client; `c8_per_second` is what eight clients get.
    """
    actor = system_actor("bench")
    source = source_create(actor=actor, slug="cards", default_currency="USD")
    rows = _rows(LEARNED + 2 * size + WARM)
    _learn(actor, source, rows)
    headers = {"Authorization": f"Bearer {_token(actor)}", "X-Forwarded-Proto": "https"}
    ask = {"method": "POST", "path": URL, "headers": headers, "seconds": SECONDS}
    get = {"method": "GET", "path": "/livez", "headers": {}, "seconds": 3.0, "bodies": [""] * size}
    runs: list[dict[str, Any]] = [
        {**ask, "name": "warm", "clients": 4, "bodies": _bodies(rows, WARM)},
        {**get, "name": "livez_c1", "clients": 1},
        {**get, "name": "livez_c8", "clients": 8},
        {**ask, "name": "c1", "clients": 1, "bodies": _bodies(rows, size)},
        {**ask, "name": "c8", "clients": 8, "bodies": _bodies(rows, size)},
    ]
    with server.server() as port:
        found = server.load(port, runs)
    asked = _checked(found)
    yield from found["c1"]["latencies"]
    shown: dict[str, Any] = {}
    for name in ("c1", "c8", "livez_c1", "livez_c8"):
        shown |= server.figures(name, found[name])
    return shown | {
        "insert_per_second": _bare_insert(actor, source),
        "decisions": asked,
        "alerts": Alert.objects.count(),
        "server": f"granian rsgi, {server.WORKERS} workers x {server.THREADS} threads",
    }


def _rows(number: int) -> Iterator[Mapping[str, Any]]:
    return generate(Plan(number, max(10, number // 80), 60, 1, date(2026, 6, 1)))


def _learn(actor: User, source: Source, rows: Iterator[Mapping[str, Any]]) -> None:
    """The default rules and a model of each role in force, and a past with labels for the accounts."""
    ensure_default_rules(actor=actor)
    past = [RawRow(fields=row) for row in islice(rows, LEARNED)]
    for start in range(0, LEARNED, MAX_BATCH_SIZE):
        ingest(actor=actor, source=source, rows=past[start : start + MAX_BATCH_SIZE], method=IngestMethod.FILE)
    for role in ModelRole:
        model_install(actor=actor, model_version=model_train(actor=actor, role=role), reason="Benchmark")


def _token(actor: User) -> str:
    feed = user_create(actor=actor, email="feed@bench.example", name="Feed", kind=UserKind.SERVICE, roles=["admin"])
    scopes = ["transaction:create", "transaction:read"]
    return token_create(actor=actor, user=feed, name="bench", scopes=scopes, lifetime=timedelta(days=1))[1]


def _bodies(rows: Iterator[Mapping[str, Any]], number: int) -> list[str]:
    asked = ({name: row[name] for name in row if name not in LABEL_FIELDS} for row in islice(rows, number))
    return [json.dumps({"source": "cards", **row}, default=str) for row in asked]


def _checked(found: dict[str, Any]) -> int:
    """How many were asked for. Raises RuntimeError unless each was answered 201 and is kept, assessed."""
    asked = {name: found[name] for name in ("warm", "c1", "c8")}
    statuses = {status for run in asked.values() for status in run["statuses"]}
    if statuses != {"201"}:
        raise RuntimeError(f"not every decision was a new one: {[run['statuses'] for run in asked.values()]}")
    number: int = sum(run["statuses"]["201"] for run in asked.values())
    kept = Transaction.objects.count(), Assessment.objects.count()
    if kept != (LEARNED + number,) * 2:
        raise RuntimeError(f"{number} decisions were answered, but {kept} transactions and assessments are kept")
    return number


def _bare_insert(actor: User, source: Source, number: int = 500) -> float:
    """One row of `transactions_transaction` and a commit, from this process, a second."""
    batch = Batch.objects.create(source=source, method=IngestMethod.REST, actor=actor)
    account = Account.objects.filter(source=source).values_list("pk", flat=True)[0]
    at, spent = clock.now(), 0.0
    for position, pk in enumerate(reserve(Transaction, number)):
        bare = Transaction(
            pk=pk, source=source, external_id=f"bare-{pk}", batch=batch, position=position, account_id=account,
            occurred_at=at, received_at=at, amount_minor=1_000, currency="USD", direction="out",
            digest=secrets.token_bytes(32),
        )  # fmt: skip
        row = tuple(getattr(bare, name) for name in bulk_load.TRANSACTION_FIELDS)
        begun = perf_counter()
        with transaction.atomic():
            bulk_load.add_transactions([row])
        spent += perf_counter() - begun
    connection.close()
    return number / spent
