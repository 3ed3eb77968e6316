"""`manage.py bench ingest`: generated rows through the whole way in, against the plain insert of the same rows.

With `--fill`, a file that fills the 37 days that models look back at, and how fast its last rows come in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from csv import DictWriter
from datetime import date
from io import TextIOWrapper
from itertools import islice, pairwise
from tempfile import TemporaryFile
from time import perf_counter
from typing import IO, Any

from detection.choices import ModelRole
from detection.ml.registry.services import model_install
from detection.ml.training.services import model_train
from detection.models import Alert
from detection.rules.services import ensure_default_rules
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.demo.generator import GENERATED_FIELDS, Plan, generate
from tests.benchmarks.registry import Timings, benchmark
from transactions.choices import IngestMethod
from transactions.file_import import import_file
from transactions.files import open_rows
from transactions.mappings import resolve
from transactions.models import Account, Batch, Source, Transaction
from transactions.row_validation import RowReader
from transactions.services import MAX_BATCH_SIZE, RawRow, ingest, source_create

LABELS = ("is_suspicious", "typology", "label_known_at")
LEARNED = 30_000
SLICE = 50_000
FILLED_DAYS = 45


@benchmark("ingest", size=50_000, repeat=3, help="Rows in batches of 10,000: validated, assessed, gathered, recorded.")
def ingest_rows(size: int) -> Timings:
    """Timed: `ingest` with the default rules and a model of each role. Beside it: with the rules alone, and a plain
    bulk_create."""
    actor = system_actor("bench")
    ensure_default_rules(actor=actor)
    rules_only = [spent for spent, _ in _through(actor, "rules", 1, size)]
    _learn(actor)
    plain = _plain(actor, size)
    total = 0.0
    for spent, count in _through(actor, "model", 2, size):
        total += spent
        yield spent, count
    return {
        "rules_only_per_second": size / sum(rules_only),
        "bulk_create_per_second": size / plain,
        "share_of_bulk_create": plain / total,
        "alerts": Alert.objects.count(),
    }


@benchmark(
    "ingest_filled", size=450_000, repeat=1, help="A file of 45 days: its last 50,000 rows (bench ingest --fill)."
)
def ingest_filled(size: int) -> Timings:
    """Timed: the batches of the last slice, when the window of 37 days is full. `slices`: rows a second of each slice.

    A CSV file with labels, by `import_file`, with the default rules and a model of each role. Beside it: bulk_create of
    as many rows as a slice has.
    """
    actor = system_actor("bench")
    ensure_default_rules(actor=actor)
    _learn(actor)
    source = source_create(actor=actor, slug="filled", default_currency="USD")
    plain = min(SLICE, size) / _plain(actor, min(SLICE, size))
    with TemporaryFile() as stream:
        _write(stream, size)
        seconds = list(_import_seconds(actor, source, stream))
    slices = [
        seconds[start : start + SLICE // MAX_BATCH_SIZE] for start in range(0, len(seconds), SLICE // MAX_BATCH_SIZE)
    ]
    yield from slices[-1]
    rates = [sum(count for _, count in each) / sum(spent for spent, _ in each) for each in slices]
    return {
        "rows_before": Transaction.objects.filter(source=source).count() - sum(count for _, count in slices[-1]),
        "file_per_second": size / sum(spent for spent, _ in seconds),
        "slices": {f"{number * SLICE:,}": rate for number, rate in enumerate(rates)},
        "bulk_create_per_second": plain,
        "share_of_bulk_create": rates[-1] / plain,
        "alerts": Alert.objects.count(),
    }


def _write(stream: IO[bytes], size: int) -> None:
    """A file of generated rows with their labels, 45 days to its end."""
    text = TextIOWrapper(stream, "utf-8", newline="", write_through=True)
    writer = DictWriter(text, GENERATED_FIELDS)
    writer.writeheader()
    writer.writerows(generate(Plan(size, max(10, size // 80), FILLED_DAYS, 2, date(2026, 6, 1))))
    text.detach()
    stream.seek(0)


def _import_seconds(actor: User, source: Source, stream: Any) -> Iterator[tuple[float, int]]:
    """Seconds and rows of each batch of the file, its reading included."""
    moments = [(perf_counter(), 0)]
    file = open_rows(stream, "filled.csv", resolve("finobs")[0])
    import_file(
        actor=actor, source=source, file=file, method=IngestMethod.FILE, file_name="filled.csv",
        progress=lambda count: moments.append((perf_counter(), count)),
    )  # fmt: skip
    yield from ((end - start, count) for (start, _), (end, count) in pairwise(moments))


def _learn(actor: User) -> None:
    """A model of each role in force, which learned from a past with labels."""
    source = source_create(actor=actor, slug="past", default_currency="USD")
    past = [RawRow(fields=row) for row in generate(_plan(LEARNED, 4))]
    for start in range(0, LEARNED, MAX_BATCH_SIZE):
        ingest(actor=actor, source=source, rows=past[start : start + MAX_BATCH_SIZE], method=IngestMethod.FILE)
    for role in ModelRole:
        version = model_train(actor=actor, role=role, source=source)
        model_install(actor=actor, model_version=version, reason="Benchmark")


def _through(actor: User, slug: str, seed: int, size: int) -> Iterator[tuple[float, int]]:
    """Seconds and rows of each batch."""
    source = source_create(actor=actor, slug=slug, default_currency="USD")
    for rows in _batches(size, seed):
        started = perf_counter()
        ingest(actor=actor, source=source, rows=rows, method=IngestMethod.FILE)
        yield perf_counter() - started, len(rows)


def _batches(size: int, seed: int) -> Iterator[list[RawRow]]:
    found = generate(_plan(size, seed))
    rows = (RawRow(fields={name: row[name] for name in row if name not in LABELS}) for row in found)
    while batch := list(islice(rows, MAX_BATCH_SIZE)):
        yield batch


def _plan(size: int, seed: int) -> Plan:
    return Plan(size, max(10, size // 80), 60, seed, date(2026, 6, 1))


def _plain(actor: User, size: int) -> float:
    """Seconds that bulk_create alone takes for the same rows, without counterparties, assessments and events."""
    source = source_create(actor=actor, slug="plain", default_currency="USD")
    batch = Batch.objects.create(source=source, method=IngestMethod.FILE, actor=actor)
    spent = 0.0
    accounts: dict[str, Account] = {}
    for rows in _batches(size, 3):
        made = [_transaction(source, batch, accounts, read) for read in _read(source, rows)]
        started = perf_counter()
        Transaction.objects.bulk_create(made, batch_size=MAX_BATCH_SIZE)
        spent += perf_counter() - started
    return spent


def _read(source: Source, rows: list[RawRow]) -> list[Any]:
    reader = RowReader(slug=source.slug, default_currency="USD", time_zone="UTC", now=clock.now())
    return [reader.read(row) for row in rows]


def _transaction(source: Source, batch: Batch, accounts: dict[str, Account], row: Any) -> Transaction:
    if row.account not in accounts:
        accounts[row.account] = Account.objects.create(source=source, external_id=row.account)
    return Transaction(
        source=source, external_id=row.external_id, batch=batch, position=0, account=accounts[row.account],
        occurred_at=row.occurred_at, received_at=row.occurred_at, amount_minor=row.amount_minor,
        currency=row.currency, direction=row.direction, channel=row.channel, country=row.country,
        digest=hashlib.sha256(row.external_id.encode()).digest(),
    )  # fmt: skip
