"""Demo data: people, queues, rules, and a bank or a file of one's own, brought in as everything else is.

Every step looks at what is there already, so that a start after a kill goes on where it stopped, and a start with
everything in place is quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from cases.models import Case, Incident
from detection.models import Alert
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import Invalid
from finobs.ledger.models import Checkpoint
from finobs.ledger.services.seal import seal_all
from finobs.settings import env
from transactions.choices import IngestMethod, RecordKind
from transactions.models import Batch, QuarantinedRow, Source, Transaction
from transactions.services import RawRow, source_create

from . import bank_records, first_models, organisation, users
from .bank import BankPlan, World, make_world, payment_rows
from .bank.entities import ENTITIES, SOUTHGATE
from .bank.plan import NAME_BEGINNING, end_at
from .deliveries import WeeklyDeliveries
from .desk import Desk
from .loading import AtOnce, Feed, FeedRow, NoDeliveries, clock_at, load, rows_in
from .timeline import DailyPace, end_after, opening_before

OWN_SOURCE: Final = "demo"
# What the batches of an earlier demo were called, which made no bank.
EARLIER_BEGINNING: Final = "generated size="


def seed(report: Callable[[str], None]) -> None:
    """Bring everything in that is not there yet, and say what there is."""
    actor = system_actor("demo")
    if env.DEMO_DATA:
        _ensure_policies(actor)
        users.ensure_users(actor=actor, queues=organisation.group_queues(actor))
        with ExitStack() as stack:
            load(actor, _from_file(actor, stack, Path(env.DEMO_DATA)), report)
    elif Batch.objects.filter(source__slug=OWN_SOURCE, file_name__startswith=EARLIER_BEGINNING).exists():
        _ensure_policies(actor)
        report(f"Demo data of an earlier finobs is there already; it stays. To start anew: remove {env.VAR_DIR}")
        users.ensure_users(actor=actor, queues=organisation.group_queues(actor))
    else:
        _Bank(actor, report).seed()
    first_models.ensure_supervised(actor, report)
    # So that the first page of the ledger shows a checkpoint, not a queue.
    seal_all()
    report(
        f"{Transaction.objects.count():,} transactions, {Alert.objects.count():,} alerts, "
        f"{Incident.objects.count():,} incidents, {Case.objects.count():,} cases, "
        f"{QuarantinedRow.objects.count():,} rows in quarantine; "
        f"{sealed():,} events in the sealed ledger."
    )


def sealed() -> int:
    newest = Checkpoint.objects.order_by("-size").first()
    return newest.size if newest else 0


def _ensure_policies(actor: User) -> None:
    organisation.ensure_rules(actor)
    organisation.ensure_gathering(actor)


class _Bank:
    """The bank goes in: who there is first, then what they pay, and what people did of it. The world is made only where
    something is missing."""

    def __init__(self, actor: User, report: Callable[[str], None]) -> None:
        self.actor, self.report = actor, report
        self.plan, self.opening = self._plan()

    @cached_property
    def world(self) -> World:
        return make_world(self.plan)

    def seed(self) -> None:
        with clock_at(self.opening):
            sources, deliveries = self._set_up()
        pace = DailyPace(self.plan, Desk(lambda: self.world))
        load(self.actor, Feed(sources, self.plan.name, self.plan.size, self._rows, deliveries, pace), self.report)
        for entity in ENTITIES:
            if bank_records.incomplete(sources[entity.code]):
                bank_records.complete_counterparties(self.actor, sources[entity.code], self.world, entity)
        bank_records.load_exchange_rates(self.actor, self.plan)

    def _set_up(self) -> tuple[Mapping[str, Source], WeeklyDeliveries]:
        """Everything that is there before the first payment."""
        _ensure_policies(self.actor)
        whole = organisation.ensure_organisation(self.actor)
        users.ensure_users(actor=self.actor, queues=whole.queues, units=whole.units)
        organisation.ensure_attribute_rules(self.actor)
        organisation.ensure_tags(self.actor)
        deliveries = WeeklyDeliveries(self.actor, SOUTHGATE.code, whole.sources[SOUTHGATE.code], self.plan.end)
        if not any(rows_in(source, self.plan.name) for source in whole.sources.values()):
            deliveries.ensure_schedule()
            bank_records.load_records(self.actor, whole, self.world)
        return whole.sources, deliveries

    def _rows(self) -> Iterator[FeedRow]:
        return ((code, RawRow(fields=row)) for code, row in payment_rows(self.world))

    def _plan(self) -> tuple[BankPlan, datetime | None]:
        """That of the first start, which is the name of the batches; and when the bank was set up, which is as old as
        the first source. None: it is long since, and what is added is added now."""
        first_source = Source.objects.filter(slug=ENTITIES[0].code).first()
        today = end_at(clock.now())
        opening = first_source.created_at if first_source else opening_before(today - timedelta(days=env.DEMO_DAYS))
        end = end_after(opening, env.DEMO_DAYS)
        configured = BankPlan(env.SEED_TRANSACTIONS, env.DEMO_CUSTOMERS, env.DEMO_DAYS, env.SEED, end)
        # Whoever tries it brings files of their own into these sources as well.
        batches = Batch.objects.filter(
            source__slug__in=[each.code for each in ENTITIES],
            method=IngestMethod.FILE,
            file_name__startswith=NAME_BEGINNING,
        )
        first = batches.order_by("pk").first()
        plan = BankPlan.of_name(first.file_name) if first else configured
        if plan != configured:
            self.report(f"Demo data is there already ({plan.name}); it stays. To start anew: remove {env.VAR_DIR}")
        return plan, None if batches.filter(kind=RecordKind.TRANSACTION).exists() else opening


def _source(actor: User, slug: str, name: str, currency: str = "") -> Source:
    source = Source.objects.filter(slug=slug).first()
    return source or source_create(actor=actor, slug=slug, name=name, default_currency=currency)


def _from_file(actor: User, stack: ExitStack, path: Path) -> Feed:
    """DEMO_DATA with DEMO_MAPPING; without one, the handbook's if the columns are the handbook's."""
    from transactions import mappings
    from transactions.files import open_rows

    if not path.is_file():
        raise Invalid(f"DEMO_DATA: there is no file {path}.")

    def open_rows_of(mapping: str) -> Any:
        return open_rows(stack.enter_context(path.open("rb")), path.name, mappings.resolve(mapping)[0])

    mapping = env.DEMO_MAPPING or _fitting(open_rows_of)
    preset = mappings.resolve(mapping)[1]
    slug = mapping if preset and preset.source_name else OWN_SOURCE
    source = _source(
        actor,
        slug,
        (preset and preset.source_name) or path.stem,
        preset.default_currency if preset else "",
    )
    total = open_rows_of(mapping).total

    def rows() -> Iterator[FeedRow]:
        return ((slug, row) for row in open_rows_of(mapping).rows)

    return Feed({slug: source}, path.name, min(env.DEMO_TRANSACTIONS or total, total), rows, NoDeliveries(), AtOnce())


def _fitting(open_rows_of: Callable[[str], Any]) -> str:
    """The named mapping whose columns the file has. Raises Invalid."""
    for name in ("handbook", "finobs"):
        try:
            open_rows_of(name)
        except Invalid:
            continue
        return name
    raise Invalid("DEMO_DATA: the columns are none that finobs knows. Say which is which with DEMO_MAPPING.")
