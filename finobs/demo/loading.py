"""Rows of payments go in, in their order and in lots, each its own transaction: what is in is a prefix.

A start after a kill makes the same rows again from their plan, or reads the same file, and goes on behind what is in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Final, Protocol

from django.db import transaction
from tqdm import tqdm

from finobs.accounts.models import User
from finobs.core import clock
from transactions.choices import IngestMethod, RecordKind
from transactions.models import Batch, Source
from transactions.services import IngestResult, RawRow, ingest

from . import first_models

ROWS_PER_BATCH: Final = 5_000
# The source that a row is for, and the row.
FeedRow = tuple[str, RawRow]


@dataclass(frozen=True, slots=True)
class Lot:
    """Rows that come in together. at: when they do, and until: up to when people work on what came; None: now."""

    rows: list[FeedRow]
    at: datetime | None = None
    until: datetime | None = None


class DeliveryLog(Protocol):
    """Counts what comes for deliveries. `week_of`: which one a row is part of, as a text; "" for none."""

    def week_of(self, code: str, row: RawRow) -> str: ...
    def receive(self, week: str, result: IngestResult) -> None: ...
    def finish(self) -> None: ...


class NoDeliveries:
    """Of a feed that declares none."""

    def week_of(self, code: str, row: RawRow) -> str:
        return ""

    def receive(self, week: str, result: IngestResult) -> None:
        """Nothing is received."""

    def finish(self) -> None:
        """Nothing is open."""


class Pace(Protocol):
    """In which lots rows come in, and what people do after each. `stops`: how many rows come before a model learns."""

    def lots(self, rows: Iterator[FeedRow], stops: Sequence[int]) -> Iterator[Lot]: ...
    def work(self, lot: Lot) -> None: ...


class AtOnce:
    """As many rows at a time as a batch may have, all of them now; nobody has worked on anything."""

    def lots(self, rows: Iterator[FeedRow], stops: Sequence[int]) -> Iterator[Lot]:
        position = 0
        while True:
            size = min([position + ROWS_PER_BATCH, *(stop for stop in stops if stop > position)]) - position
            lot = list(islice(rows, size))
            if not lot:
                return
            yield Lot(lot)
            position += len(lot)

    def work(self, lot: Lot) -> None:
        """Nobody does anything."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Where the demo's payments come from. `rows` can be opened again and always gives the same ones."""

    sources: Mapping[str, Source]
    name: str
    total: int
    rows: Callable[[], Iterator[FeedRow]]
    deliveries: DeliveryLog
    pace: Pace


def rows_in(source: Source, name: str, kind: str = RecordKind.TRANSACTION) -> int:
    """How many rows of the feed are in, accepted or not."""
    batches = Batch.objects.filter(source=source, kind=kind, method=IngestMethod.FILE, file_name=name)
    last = batches.order_by("-first_row").first()
    return last.first_row + last.received - 1 if last else 0


def clock_at(at: datetime | None) -> AbstractContextManager[None]:
    """The clock at that moment; None: as it runs."""
    return clock.at(at) if at else nullcontext()


def load(actor: User, feed: Feed, report: Callable[[str], None]) -> None:
    """Ingest what is not in yet. A model trained on the first part assesses the rest, one on outcomes its end."""
    done = {code: rows_in(source, feed.name) for code, source in feed.sources.items()}
    if sum(done.values()) < feed.total:
        _Loading(actor, feed, report, done).run()
    feed.deliveries.finish()


class _Loading:
    """done: how many rows of each source were in before. passed: how many of each came by since, in or not."""

    def __init__(self, actor: User, feed: Feed, report: Callable[[str], None], done: Mapping[str, int]) -> None:
        self.actor, self.feed, self.report, self.done = actor, feed, report, done
        self.passed: Counter[str] = Counter()
        total = feed.total
        self.train_at, self.learn_at = (
            first_models.anomaly_training_rows(total), first_models.supervised_training_rows(total)
        )  # fmt: skip

    def run(self) -> None:
        total, position = self.feed.total, 0
        done = sum(self.done.values())
        with tqdm(total=total, unit=" rows", desc="Ingesting", disable=None) as bar:
            for lot in self.feed.pace.lots(islice(self.feed.rows(), total), (self.train_at, self.learn_at, total)):
                before, position = position, position + len(lot.rows)
                with clock_at(lot.at):
                    self.learn(before, done)
                    # What people do of a lot is in where the lot is: a start after a kill need not ask.
                    with transaction.atomic():
                        self.take(lot.rows)
                        if position > done:
                            self.feed.pace.work(lot)
                bar.update(len(lot.rows))
        self.train(position)

    def learn(self, position: int, done: int) -> None:
        """Train what is due at this position. What comes in from there on was not scored by both models otherwise."""
        self.train(position)
        if position >= self.learn_at and done <= position:
            self.learn_at = self.feed.total
            first_models.ensure_supervised_early(self.actor, self.report)

    def train(self, position: int) -> None:
        """The first model, once, from where it is due; of few rows that come in at once, after them."""
        if position >= self.train_at:
            self.train_at = self.feed.total + 1
            first_models.ensure_champion(self.actor, self.report)

    def take(self, lot: Sequence[FeedRow]) -> None:
        """One batch for each source, and for each delivery that a source's rows are part of."""
        for code in self.feed.sources:
            of_source = [(self.feed.deliveries.week_of(code, row), row) for to, row in lot if to == code]
            for week, rows in groupby(of_source, itemgetter(0)):
                self.batch(code, week, [row for _, row in rows])

    def batch(self, code: str, week: str, rows: list[RawRow]) -> None:
        first = self.passed[code] + 1
        self.passed[code] += len(rows)
        left = rows[max(0, self.done[code] - first + 1) :]
        if not left:
            return
        with transaction.atomic():
            result = ingest(
                actor=self.actor, source=self.feed.sources[code], rows=left, method=IngestMethod.FILE,
                file_name=self.feed.name, first_row=first + len(rows) - len(left),
            )  # fmt: skip
            if week:
                self.feed.deliveries.receive(week, result)
