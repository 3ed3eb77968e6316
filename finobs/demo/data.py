"""Demo data: people, queues, rules, and transactions, ingested as every other.

Every step looks at what is there already, so that a start after a kill goes on where it stopped, and a start with
everything in place is quick. Rows come in order and in batches, each its own transaction: what is in is a prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from cases.models import Case, Queue
from cases.services import queue_create
from detection.choices import RuleKind, Typology
from detection.models import Alert, Rule
from detection.rules.services import rule_create
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core.errors import Invalid
from finobs.ledger.models import Checkpoint
from finobs.ledger.services.seal import seal_all
from finobs.settings import env
from transactions.choices import IngestMethod
from transactions.models import Batch, QuarantinedRow, Source, Transaction
from transactions.services import RawRow, ingest, source_create

from . import first_models, users
from .generator import Plan, generate

ROWS_PER_BATCH = 5_000
GENERATED_SOURCE = "demo"
NAME_BEGINNING = "generated "
DEMO_QUEUES: tuple[dict[str, Any], ...] = (
    {
        "slug": "aml-1", "name": "AML level 1", "is_default": True,
        "description": "Large amounts, structuring, and money that passes through.",
        "typologies": [
            Typology.LARGE_AMOUNT, Typology.STRUCTURING, Typology.RAPID_IN_OUT, Typology.ROUND_AMOUNTS,
            Typology.DORMANT,
        ],
    },
    {
        "slug": "fraud", "name": "Fraud desk", "alerts_a_day": 12,
        "description": "Unusual payments, leaked cards, compromised terminals.",
        "typologies": [Typology.UNUSUAL, Typology.LEAKED_CARD, Typology.COMPROMISED_TERMINAL],
    },
)  # fmt: skip
# Near the limits from which cash is reported in the United States and the European Union.
AMOUNT_LIMITS = (("USD", "8500.00", "25000.00"), ("EUR", "8500.00", "25000.00"), ("GBP", "7500.00", "20000.00"))


@dataclass(frozen=True, slots=True)
class Feed:
    """Where the demo's rows come from. `rows` can be opened again and always gives the same ones."""

    source: Source
    name: str
    total: int
    rows: Callable[[], Iterator[RawRow]]


def seed(report: Callable[[str], None]) -> None:
    """Bring everything in that is not there yet, and say what there is."""
    actor = system_actor("demo")
    queues = {row["slug"]: _queue(actor, row) for row in DEMO_QUEUES}
    users.ensure_users(actor=actor, queues=queues)
    for currency, review, block in AMOUNT_LIMITS:
        _rule(actor, currency, review, block)
    with ExitStack() as stack:
        load(
            actor, _from_file(actor, stack, Path(env.DEMO_DATA)) if env.DEMO_DATA else _generated(actor, report), report
        )
    first_models.ensure_supervised(actor, report)
    # So that the first page of the ledger shows a checkpoint, not a queue.
    seal_all()
    report(
        f"{Transaction.objects.count():,} transactions, {Alert.objects.count():,} alerts, "
        f"{Case.objects.count():,} cases, {QuarantinedRow.objects.count():,} rows in quarantine; "
        f"{sealed():,} events in the sealed ledger."
    )


def load(actor: User, feed: Feed, report: Callable[[str], None]) -> None:
    """Ingest what is not in yet. A model trained on the first part assesses the rest, one on outcomes its end."""
    done = loaded(feed.source, feed.name)
    if done >= feed.total:
        return
    train_at, learn_at = (
        first_models.anomaly_training_rows(feed.total),
        first_models.supervised_training_rows(feed.total),
    )
    rows = islice(feed.rows(), done, None)
    with tqdm(total=feed.total, initial=done, unit=" rows", desc="Ingesting", disable=None) as bar:
        while done < feed.total:
            if done >= train_at:
                first_models.ensure_champion(actor, report)
            if done == learn_at:
                first_models.ensure_supervised_early(actor, report)
            upto = min(done + ROWS_PER_BATCH, *(stop for stop in (train_at, learn_at, feed.total) if stop > done))
            batch = list(islice(rows, upto - done))
            if not batch:
                return
            ingest(
                actor=actor,
                source=feed.source,
                rows=batch,
                method=IngestMethod.FILE,
                file_name=feed.name,
                first_row=done + 1,
            )
            done += len(batch)
            bar.update(len(batch))


def loaded(source: Source, name: str) -> int:
    """How many rows of the feed are in, accepted or not."""
    last = Batch.objects.filter(source=source, method=IngestMethod.FILE, file_name=name).order_by("-first_row").first()
    return last.first_row + last.received - 1 if last else 0


def sealed() -> int:
    newest = Checkpoint.objects.order_by("-size").first()
    return newest.size if newest else 0


def _queue(actor: User, row: dict[str, Any]) -> Queue:
    return Queue.objects.filter(slug=row["slug"]).first() or queue_create(actor=actor, **row)


def _rule(actor: User, currency: str, review: str, block: str) -> None:
    slug = f"large-amount-{currency.lower()}"
    if Rule.objects.filter(slug=slug).exists():
        return
    rule_create(
        actor=actor, slug=slug, name=f"Large amount in {currency}", kind=RuleKind.AMOUNT,
        typology=Typology.LARGE_AMOUNT, reason="Demo data",
        parameters={"currency": currency, "review_at": review, "block_at": block},
    )  # fmt: skip


def _source(actor: User, slug: str, name: str, currency: str = "") -> Source:
    source = Source.objects.filter(slug=slug).first()
    return source or source_create(actor=actor, slug=slug, name=name, default_currency=currency)


def _generated(actor: User, report: Callable[[str], None]) -> Feed:
    """The generator's rows. Their plan is the name of the batches, so that every start goes on with the first one's."""
    source = _source(actor, GENERATED_SOURCE, "Demo payments")
    configured = Plan(env.SEED_TRANSACTIONS, env.SEED_ACCOUNTS, env.SEED_DAYS, env.SEED, source.created_at.date())
    # Whoever tries it brings files of their own into this source as well.
    batches = Batch.objects.filter(
        source=source, method=IngestMethod.FILE, file_name__startswith=f"{NAME_BEGINNING}size="
    )
    first = batches.order_by("pk").first()
    plan = plan_of(first.file_name) if first else configured
    if plan != configured:
        report(f"Demo data is there already ({name_of(plan)}); it stays. To start anew: remove {env.VAR_DIR}")
    return Feed(source, name_of(plan), plan.size, lambda: (RawRow(fields=row) for row in generate(plan)))


def name_of(plan: Plan) -> str:
    fields = {"size": plan.size, "accounts": plan.accounts, "days": plan.days, "seed": plan.seed, "end": plan.end}
    return NAME_BEGINNING + " ".join(f"{name}={value}" for name, value in fields.items())


def plan_of(name: str) -> Plan:
    fields = dict(part.split("=") for part in name.removeprefix(NAME_BEGINNING).split())
    numbers = {key: int(fields[key]) for key in ("size", "accounts", "days", "seed")}
    return Plan(**numbers, end=date.fromisoformat(fields["end"]))


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
    slug = mapping if preset and preset.source_name else GENERATED_SOURCE
    source = _source(
        actor,
        slug,
        (preset and preset.source_name) or path.stem,
        preset.default_currency if preset else "",
    )
    total = open_rows_of(mapping).total
    limit = env.DEMO_TRANSACTIONS or total
    return Feed(source, path.name, min(limit, total), lambda: iter(open_rows_of(mapping).rows))


def _fitting(open_rows_of: Callable[[str], Any]) -> str:
    """The named mapping whose columns the file has. Raises Invalid."""
    for name in ("handbook", "finobs"):
        try:
            open_rows_of(name)
        except Invalid:
            continue
        return name
    raise Invalid("DEMO_DATA: the columns are none that finobs knows. Say which is which with DEMO_MAPPING.")
