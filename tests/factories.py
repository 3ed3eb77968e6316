"""Plain factories with keyword defaults, for every app's tests."""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import Group

from cases.models import Case, Incident, Queue
from detection.choices import Outcome, RuleKind, Typology
from detection.models import Alert, ModelVersion, Rule, RuleVersion
from finobs.accounts.models import OrgUnit, User
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.system import system_actor
from finobs.accounts.unit_tree import add_to_tree
from finobs.core import access, clock
from transactions.choices import IngestMethod
from transactions.models import (
    Account,
    Batch,
    Counterparty,
    Delivery,
    DeliveryFault,
    DeliverySchedule,
    Source,
    Transaction,
)

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def user(name: str = "Someone", *, role: str = "", **fields: Any) -> User:
    """A person with one role (or none)."""
    fields.setdefault("email", f"{name.lower().replace(' ', '.')}.{next(_numbers)}@example.test")
    made = User.objects.create_user(name=name, password=PASSWORD, **fields)
    if role:
        made.groups.add(Group.objects.get(name=role))
    return made


def queue(slug: str = "", **fields: Any) -> Queue:
    slug = slug or f"queue-{next(_numbers)}"
    return Queue.objects.create(slug=slug, **{"name": slug.title(), **fields})


def grant(principal: User | Group, action: str, obj: Any) -> None:
    access.grant(principal, action, obj)


def unit(code: str = "", *, parent: OrgUnit | None = None, **fields: Any) -> OrgUnit:
    code = code or f"unit-{next(_numbers)}"
    above = parent or OrgUnit.objects.get(pk=ROOT_ID)
    made = OrgUnit.objects.create(code=code, parent=above, **{"name": code.title(), "kind": "legal_entity", **fields})
    add_to_tree(made)
    return made


def source(slug: str = "", **fields: Any) -> Source:
    slug = slug or f"source-{next(_numbers)}"
    return Source.objects.create(slug=slug, **{"name": slug.title(), "default_currency": "USD", **fields})


def account(external_id: str = "", *, of: Source | None = None) -> Account:
    feed = of or source()
    return Account.objects.create(source=feed, external_id=external_id or f"A-{next(_numbers)}", unit=feed.unit)


def transaction(
    *,
    of: Account | None = None,
    amount_minor: int = 12_500,
    currency: str = "USD",
    occurred_at: datetime = NOON,
    **fields: Any,
) -> Transaction:
    """A transaction as `ingest` would leave it, without going through it."""
    owner = of or account()
    number = next(_numbers)
    batch = Batch.objects.create(
        source=owner.source, method=IngestMethod.REST, actor=system_actor("test"), received=1, accepted=1
    )
    shop, _ = Counterparty.objects.get_or_create(source=owner.source, external_id="M-1")
    return Transaction.objects.create(
        source=owner.source, external_id=f"T-{number}", batch=batch, position=0, account=owner, counterparty=shop,
        occurred_at=occurred_at, received_at=occurred_at + timedelta(seconds=5), amount_minor=amount_minor,
        currency=currency, digest=hashlib.sha256(str(number).encode()).digest(), unit=owner.unit, **fields,
    )  # fmt: skip


def rule_version(
    *, parameters: dict[str, Any] | None = None, typology: str = Typology.LARGE_AMOUNT, live: bool = True
) -> RuleVersion:
    rule = Rule.objects.create(
        slug=f"rule-{next(_numbers)}", name="Large amount", kind=RuleKind.AMOUNT, typology=typology
    )
    version = RuleVersion.objects.create(
        rule=rule, number=1, created_by=system_actor("test"),
        parameters=parameters or {"currency": "USD", "review_at": "10000.00", "block_at": "50000.00"},
    )  # fmt: skip
    if live:
        rule.live = version
        rule.save()
    return version


def model_version(**fields: Any) -> ModelVersion:
    """A candidate for its pages and steps; its artefact scores nothing."""
    number = next(_numbers)
    name = f"model {number}".encode()
    artefact = fields.get("artefact", b"\x12" + bytes([len(name)]) + name)  # ONNX, of a name and nothing else
    values = {
        "metrics": {"flagged_share": 0.005, "parity": 0.0, "parity_rows": 20_000},
        "number": number, "feature_set": "account-1", "training_rows": 1_000, "trained_from": NOON,
        "trained_to": NOON + timedelta(days=7), "threshold": 0.6, "artefact": artefact, "sha256": hashlib.sha256(artefact).hexdigest(),
        "created_by": system_actor("test"),
    }  # fmt: skip
    return ModelVersion.objects.create(**{**values, **fields})


def alert(*, of: Account | None = None, typology: str = Typology.LARGE_AMOUNT, **fields: Any) -> Alert:
    """An alert as `assess` would leave it, gathered nowhere yet."""
    moved = transaction(of=of, amount_minor=1_250_000)
    values = {
        "parameters": {"rules": [], "models": []},
        "snapshot": {},
        "snapshot_digest": "0" * 64,
        "outcome": Outcome.REVIEW,
    }
    return Alert.objects.create(
        transaction=moved, account=moved.account, typology=typology, rule_version=rule_version(),
        reasons=["Amount of $12,500.00 is at or above the limit of $10,000.00."], **{**values, **fields},
    )  # fmt: skip


def case(*, of: Account | None = None, inside: Queue | None = None, **fields: Any) -> Case:
    """A case without alerts; use tests.support.escalation for one with its story."""
    owner = of or account()
    return Case.objects.create(
        reference=f"C-2026-9{next(_numbers):05d}", account=owner, queue=inside or queue(), unit=owner.unit,
        **{"typology": Typology.LARGE_AMOUNT, **fields},
    )  # fmt: skip


def incident(*, of: Account | None = None, inside: Queue | None = None, **fields: Any) -> Incident:
    """An incident without alerts."""
    owner = of or account()
    usual = {"typology": Typology.LARGE_AMOUNT, "reference": f"I-2026-9{next(_numbers):05d}"}
    return Incident.objects.create(account=owner, queue=inside or queue(), unit=owner.unit, **{**usual, **fields})


def incident_of(case: Case, **fields: Any) -> Incident:
    """An incident that was escalated to the case."""
    return incident(of=case.account, inside=case.queue, case=case, status="escalated", typology=case.typology, **fields)


def delivery(*, of: Source | None = None, **fields: Any) -> Delivery:
    """What is expected for today, every day, due tomorrow at six."""
    today = clock.now().date()
    schedule = DeliverySchedule.objects.create(
        source=of or source(), name="Payments", weekdays=list(range(7)), due_time=time(6), starts_on=today
    )
    values = {"business_date": today, "due_at": clock.now() + timedelta(days=1), **fields}
    return Delivery.objects.create(schedule=schedule, **values)


def delivery_fault(*, of: Source | None = None, **fields: Any) -> DeliveryFault:
    return DeliveryFault.objects.create(
        delivery=delivery(of=of), kind="repeated", detail="The same file again.", **fields
    )
