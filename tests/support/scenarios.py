"""One of everything, so that every address has something to be asked for. What people do is done by the services."""

from __future__ import annotations

import contextlib
import json
import re
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.urls import resolve

from approvals.models import ApprovalPolicy, ApprovalRequest
from cases.models import Case, Queue, WorkPolicy
from cases.services import case_close, item_take, note_add, tag_create, work_policy_change
from detection.models import Alert, ModelVersion, ReassessmentRun, Rule, ShadowScore, TrainingRun
from detection.tests import scenarios as detection
from finobs.accounts.models import ApiToken, OrgUnit, User
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.services import token_create, unit_change
from finobs.core import clock
from finobs.core.api import ServiceAction
from finobs.core.errors import ApprovalRequired
from finobs.ledger.models import Event
from tests import factories
from tests.support.addresses import Address
from tests.support.escalation import escalated
from transactions.choices import IngestMethod
from transactions.models import (
    AccountDetails,
    AccountParty,
    Counterparty,
    CounterpartyDetails,
    CounterpartyResolution,
    Customer,
    Delivery,
    DeliveryFault,
    DeliverySchedule,
    Label,
    PartyRelation,
    PaymentParties,
    QuarantinedRow,
    Source,
)
from transactions.parties.services import counterparty_resolve, counterparty_unresolve
from transactions.records.services import records_add
from transactions.row_validation import RawRow
from transactions.services import exchange_rates_add

PARAMETER = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
ADMIN = re.compile(r"^admin/([a-z_]+)/([a-z_]+)/(.+)$")


@dataclass(frozen=True)
class Scene:
    """The subjects of the url matrix, by the word their addresses use."""

    subjects: dict[str, Any]
    secrets: tuple[bytes, ...]


def everything(queue: Queue, analyst: User, lead: User, superuser: User) -> Scene:
    """A transaction that two models scored and a rule stopped; its case in `queue`, taken and noted by the analyst, who
    asks to close it; and a row in quarantine."""
    Queue.objects.filter(pk=queue.pk).update(typologies=["large_amount"])
    alert = detection.alert_of_two_models(factories.account(of=factories.source(unit=queue.unit)))
    case = work(alert, analyst)
    ApprovalPolicy.objects.create(action="cases.close")
    batch = alert.transaction.batch
    token, _ = token_create(
        actor=superuser, user=superuser, name="matrix", scopes=["audit:read"], lifetime=timedelta(days=1)
    )
    run = TrainingRun.objects.create(
        role="anomaly", parameters={"rows": 0, "share": "0.005", "seed": 7}, requested_by=superuser
    )
    failed = ReassessmentRun.objects.create(
        source=batch.source, as_of=alert.transaction.pk, requested_by=superuser, state="failed", ended_at=clock.now()
    )
    fault = factories.delivery_fault(of=batch.source)
    counterparty: Any = alert.transaction.counterparty
    AccountDetails.objects.create(account=alert.account, name="Household of Quill")
    # Its number is that of an account of ours, by which its holder is suggested.
    CounterpartyDetails.objects.create(
        counterparty=counterparty, name="Quentin Quill", account_number=alert.account.external_id
    )
    PaymentParties.objects.create(transaction=alert.transaction, originator={"name": "Quentin Quill"})
    exchange_rates_add(actor=superuser, rows=[RawRow(RATE)])
    customer, party, relation = _customers(alert.account, superuser)
    resolution = _resolutions(counterparty, customer, superuser)
    _policies(queue, superuser)
    unit_change(actor=superuser, unit=OrgUnit.objects.get(pk=ROOT_ID), name="The group")
    beside = factories.queue("beside")
    for person in (analyst, lead):
        factories.grant(person, "view", beside)
    return Scene(
        {
            "beside": beside.slug, "beside_pk": beside.pk, "queue_pk": queue.pk, "resolutions": resolution.pk, "work-policies": "routing", "policies": "routing", "tag": "urgent",
            "customers": customer.pk, "account-parties": party.pk, "relations": relation.pk,
            "account": alert.account.external_id, "other": relation.other.external_id,
            "deliveries": fault.delivery_id, "faults": fault.pk, "delivery-faults": fault.pk,
            "schedule": fault.delivery.schedule_id, "delivery-schedules": fault.delivery.schedule_id,
            "counterparties": counterparty.pk, "queues": queue.slug, "cases": case.reference, "incidents": case.incidents.get().reference, "subjects": case.subjects.get().pk,
            "alerts": alert.pk, "transactions": alert.transaction_id, "accounts": alert.account_id, "batches": batch.pk,
            "decisions": alert.transaction_id, "sessions": 0,
            "sources": batch.source.slug, "models": _scoring(alert.account).pk, "training": run.pk, "training-runs": run.pk, "runs": failed.pk, "reassessment-runs": failed.pk, "rules": Rule.objects.get().slug, "approvals": ApprovalRequest.objects.get().pk,
            "quarantine": _quarantined(batch).pk, "users": analyst.pk, "tokens": ApiToken.objects.get(pk=token.pk).pk,
            "events": Event.objects.get(action="note.add").uid, "subject_type": "cases.case", "subject_id": case.pk,
            "units": queue.unit.code, "group": Group.objects.get(name="viewer").pk, "digest": ApprovalRequest.objects.get().digest,
        },
        secrets=tuple(text.encode() for text in (case.reference, alert.account.external_id, alert.transaction.external_id, "Quentin Quill")),
    )  # fmt: skip


def _policies(queue: Queue, superuser: User) -> None:
    """A rule of routing that nothing of the scene meets, and a tag."""
    policy = WorkPolicy(kind="routing", slug="routing", name="Routing to queues")
    rule = {"name": "Dormant", "queue": queue.slug, "when": {"typologies": ["dormant_account"]}}
    work_policy_change(actor=superuser, policy=policy, content={"rules": [rule]}, reason="They know them.")
    tag_create(actor=superuser, slug="urgent", name="Urgent")


def work(alert: Alert, analyst: User) -> Case:
    """The case of an alert, taken and noted by the analyst, who asks to close it."""
    (case,) = escalated(alerts=[alert])
    item_take(actor=analyst, item=case)
    note_add(actor=analyst, item=case, text="Called the branch.")
    case.refresh_from_db()
    with contextlib.suppress(ApprovalRequired):
        case_close(
            actor=analyst, item=case, disposition="false_positive", reason_code="known_pattern",
            rationale="The customer does this every month.", version=case.version,
        )  # fmt: skip
    case.refresh_from_db()
    return case


def other_entity(queue: Queue, analyst: User, lead: User, version: ModelVersion) -> None:
    """The same work in another entity: of its own source, in its own queue, by what is in force and `version`."""
    Queue.objects.filter(pk=queue.pk).update(typologies=["large_amount"])
    alert = detection.alert_in_force(factories.account(of=factories.source(unit=queue.unit)))
    work(alert, analyst)
    batch = alert.transaction.batch
    scored_by(version, alert.account)
    _quarantined(batch)
    Label.objects.create(transaction=alert.transaction, is_suspicious=True, known_at=alert.created_at)
    ReassessmentRun.objects.create(
        source=batch.source, as_of=alert.transaction.pk, requested_by=lead, state="failed", ended_at=clock.now()
    )
    factories.delivery_fault(of=batch.source)
    AccountDetails.objects.create(account=alert.account, name="Household of Quince")
    counterparty: Any = alert.transaction.counterparty
    CounterpartyDetails.objects.create(counterparty=counterparty, name="Quincy Quince")
    PaymentParties.objects.create(transaction=alert.transaction, originator={"name": "Quincy Quince"})
    superuser = User.objects.get(is_superuser=True)
    customer, *_ = _customers(alert.account, superuser)
    _resolutions(counterparty, customer, superuser)
    # Across the two: nobody of either is told so.
    theirs = CounterpartyDetails.objects.get(name="Quentin Quill").counterparty
    mine = Customer.objects.filter(source=theirs.source).earliest("pk")
    for other, who in ((theirs, customer), (counterparty, mine)):
        counterparty_resolve(actor=superuser, counterparty=other, customer=who, reason="They are one and the same.")
    TrainingRun.objects.create(
        role="supervised", source=batch.source, parameters={"rows": 0, "share": "0.005", "seed": 7}, requested_by=lead
    )


def _customers(account: Any, superuser: User) -> tuple[Customer, AccountParty, PartyRelation]:
    """Somebody who left long ago and owns half of another one, and who had an account."""
    rows = {
        "customer": [
            {"external_id": f"C-{name}", "kind": "person", "valid_from": "2020-01-01", "name": name,
             "exited_on": "2010-01-01"}
            for name in ("Mara Matrix", "Otto Other")
        ],
        "account_party": [
            {"account": account.external_id, "customer": "C-Mara Matrix", "role": "holder", "valid_from": "2020-01-01"}
        ],
        "relation": [
            {"customer": "C-Mara Matrix", "other": "C-Otto Other", "kind": "owns", "share": "50",
             "valid_from": "2020-01-01"}
        ],
    }  # fmt: skip
    for kind, some in rows.items():
        raw = [RawRow(fields) for fields in some]
        records_add(actor=superuser, source=account.source, kind=kind, rows=raw, method=IngestMethod.REST)
    relation = PartyRelation.objects.get(customer__source=account.source)
    return relation.customer, AccountParty.objects.get(account=account), relation


def _resolutions(counterparty: Any, customer: Customer, superuser: User) -> CounterpartyResolution:
    """One that was taken back, and one of another counterparty that stands."""
    said: dict[str, Any] = {"actor": superuser, "customer": customer, "reason": "The same passport."}
    first = counterparty_resolve(counterparty=counterparty, **said)
    counterparty_unresolve(actor=superuser, resolution=first, reason="Another person.")
    another = Counterparty.objects.create(source=counterparty.source, external_id="M-2")
    return counterparty_resolve(counterparty=another, **said)


def _scoring(account: Any) -> ModelVersion:
    """A version that looked on while ten transactions came in."""
    return scored_by(factories.model_version(), account)


def scored_by(version: ModelVersion, account: Any) -> ModelVersion:
    for tenth in range(10):
        row = factories.transaction(of=account)
        ShadowScore.objects.create(transaction=row, model_version=version, score=tenth / 10)
    return version


def _quarantined(batch: Any) -> QuarantinedRow:
    raw = b'{"external_id":"T-9","amount":"ten"}'
    return QuarantinedRow.objects.create(
        batch=batch, source=batch.source, row_number=2, raw=zlib.compress(raw), raw_size=len(raw),
        reason="amount", detail="'ten' is not a decimal number.", fields={"external_id": "T-9", "amount": "ten"},
    )  # fmt: skip


def fill(address: Address, scene: Scene) -> str:
    """The address with its arguments: taken from the scene by the word before them, in the admin by its model."""
    admin = ADMIN.match(address.route)
    if admin:
        try:
            app, model, rest = admin.groups()
            return _admin(app, model, rest, scene)
        except LookupError:
            pass
    route = re.sub(r"\^?\(\?P<app_label>[^)]*\)", "accounts", address.route).rstrip("$")
    return PARAMETER.sub(lambda match: str(_argument(match[1], route[: match.start()], scene)), route)


def _argument(name: str, before: str, scene: Scene) -> Any:
    if name in ("subject_type", "subject_id"):
        return scene.subjects[name]
    words = [word for word in re.split(r"[/<>:]", before) if word in scene.subjects]
    return scene.subjects[words[-1]] if words else {"uid": "x", "token": "x-y"}.get(name, 0)


def _admin(app: str, model: str, rest: str, scene: Scene) -> str:
    kind = apps.get_model(app, model)
    row = kind._base_manager.order_by("pk").first()
    pk = row.pk if row else 0
    past = row.history.order_by("pk").first() if row is not None and hasattr(row, "history") else None
    rest = rest.replace("^([^/]+)/history/([^/]+)/$", f"{pk}/history/{past.pk if past else 0}/")
    keys = {"user_id": scene.subjects["users"], "group_id": scene.subjects["group"]}
    return f"admin/{app}/{model}/" + PARAMETER.sub(lambda match: str(keys.get(match[1], pk)), rest)


def body(method: str, address: Address, scene: Scene) -> dict[str, Any]:
    """What a correct request carries, by the last words of its address: a refusal is then about the person."""
    if method == "GET" or address.route.startswith("admin/"):
        return {}
    words = [word for word in re.split(r"[/<>:]", address.route) if word][-2:]
    fields: dict[str, Any] = next((BODIES[word] for word in reversed(words) if word in BODIES), {})
    fields = BODIES_BY_ROUTE.get(address.route, fields)
    values = {name: _value(value, scene) for name, value in fields.items()}
    view: Any = getattr(resolve("/" + fill(address, scene)).func, "cls", None)
    if view is None or not issubclass(view, ServiceAction):
        return values
    # Pages and the API share these bodies; the API refuses a field that its own does not have.
    names = view.body_class().fields if view.body_class else ()
    return {name: value for name, value in values.items() if name in names}


def version(address: Address, scene: Scene) -> int | None:
    """The version that the subject of `address` has now; None where it has none."""
    admin = ADMIN.match(address.route)
    if admin:
        row = _first(*admin.groups()[:2])
    else:
        words = [word for word in re.split(r"[/<>:]", address.route) if word in VERSIONED]
        model, field = VERSIONED[words[-1]] if words else (None, "")
        row = None if model is None else model._base_manager.filter(**{field: scene.subjects[words[-1]]}).first()
    return getattr(row, "version", None)


def _first(app: str, model: str) -> Any:
    try:
        return apps.get_model(app, model)._base_manager.order_by("pk").first()
    except LookupError:
        return None


def _value(value: Any, scene: Scene) -> Any:
    if isinstance(value, list) and all(_refers(each) for each in value):
        return [scene.subjects[each[1:]] for each in value]
    return scene.subjects[value[1:]] if _refers(value) else value


def _refers(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("@")


RATE = {"base": "EUR", "quote": "USD", "rate": "1.08", "date": "2026-03-02", "source": "ECB"}
PROGRAMME: dict[str, Any] = {
    "name": "Tax", "typologies": [],
    "dispositions": [{"code": "nothing", "label": "Nothing", "meaning": "not_suspicious"}],
    "reason_codes": [{"code": "looked", "label": "Looked at", "dispositions": ["nothing"]}],
}  # fmt: skip
AMOUNT_RULE = {"currency": "USD", "review_at": "20000.00", "block_at": "60000.00"}
ROW = {
    "external_id": "N-1",
    "account": "A-7",
    "occurred_at": "2026-03-01T10:00:00Z",
    "amount": "5.00",
    "currency": "USD",
}
VERSIONED: dict[str, tuple[Any, str]] = {
    "cases": (Case, "reference"), "approvals": (ApprovalRequest, "pk"), "models": (ModelVersion, "pk"),
    "rules": (Rule, "slug"), "quarantine": (QuarantinedRow, "pk"), "users": (User, "pk"), "tokens": (ApiToken, "pk"),
    "queues": (Queue, "slug"), "sources": (Source, "slug"), "deliveries": (Delivery, "pk"), "faults": (DeliveryFault, "pk"),
    "delivery-faults": (DeliveryFault, "pk"), "delivery-schedules": (DeliverySchedule, "pk"),
    "units": (OrgUnit, "code"), "work-policies": (WorkPolicy, "slug"), "policies": (WorkPolicy, "slug"),
    "accounts": (AccountDetails, "pk"), "counterparties": (CounterpartyDetails, "pk"), "customers": (Customer, "pk"),
}  # fmt: skip
# Where the last words of an address say something else elsewhere.
BODIES_BY_ROUTE: dict[str, dict[str, Any]] = {
    "accounts/sessions/end/": {},
    "accounts/sign-out/": {},
    "cases/policies/<slug:slug>/change/": {},
    "cases/<str:reference>/move/": {"queue": "@beside_pk", "reason": "They know this customer."},
    "cases/incidents/<str:reference>/move/": {"queue": "@beside_pk", "reason": "They know this customer."},
    "cases/<str:reference>/subjects/add/": {"account": "@account", "role": "victim", "reason": "He was told to pay."},
    "cases/<str:reference>/subjects/<int:pk>/change/": {"role": "related", "reason": "He is her son."},
    "cases/<str:reference>/subjects/<int:pk>/remove/": {"reason": "It was another."},
    "api/v1/cases/<str:reference>/subjects": {"account": "@accounts", "role": "victim", "reason": "Told to pay."},
    "api/v1/cases/<str:reference>/subjects/<int:pk>": {"role": "related", "reason": "He is her son."},
    "api/v1/cases/<str:reference>/subjects/<int:pk>/remove": {"reason": "It was another."},
    "cases/incidents/new/": {
        "queue": "@queue_pk", "typology": "structuring", "title": "Cash at the counter", "text": "Seven deposits.",
    },
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "wait": {"waiting_for": "the branch", "until": f"{clock.now() + timedelta(days=30):%Y-%m-%dT%H:%M}Z"},
    "reopen": {"reason": "There is news of it."},
    "escalate": {"reason": "It needs more than a look."},
    "incidents": {
        "queue": "@queues", "typology": "structuring", "title": "Cash at the counter", "text": "Seven deposits.",
    },
    "notes": {"text": "Read the file."},
    "assign": {"to": "@users", "reason": "Knows this customer."},
    "close": {
        "disposition": "false_positive", "reason_code": "known_pattern", "rationale": "As in every month.", "version": 1,
        "incidents": ["@incidents"], "versions": {},
    },
    "decide": {"vote": "approve", "reason": "Agreed.", "digest": "@digest"},
    "withdraw": {"reason": "A mistake."},
    "correct": {
        "amount": "10.00", "values": {"amount": "10.00"}, "version": 1,
        "name": "Mara Right", "profile": {"name": "Mara Right"}, "valid_from": "2026-03-01", "reason": "Seen in her passport.", "confirm": "yes",
    },
    "discard": {"reason": "A test row."},
    "release": {"reason": "Corrected."},
    "promote": {"reason": "Better than the one before."},
    "retire": {"reason": "Replaced."},
    "threshold": {
        "alerts_a_day": "1", "reason": "Fewer people in summer.",
        "first": "2026-03-01", "last": "2026-03-30", "from": "2026-03-01", "to": "2026-03-30",
    },
    "versions": {"parameters": AMOUNT_RULE, "content": {"rules": []}, "reason": "Tuned.", "version": 1},
    "revert": {"number": 0, "reason": "As it was.", "version": 1},
    "dry-run": {"content": {"rules": []}, "reason": "", "version": 1},
    "work-policies": {"slug": "tax", "content": PROGRAMME, "reason": "They report by themselves."},
    "programme": {
        "slug": "tax", "name": "Tax", "typologies": "[]", "dispositions": json.dumps(PROGRAMME["dispositions"]),
        "reason_codes": json.dumps(PROGRAMME["reason_codes"]), "reason": "They report by themselves.", "version": 1,
    },
    "tag": {"tag": "@tag"},
    "untag": {"tag": "@tag"},
    "announce": {"rows": 3, "sums": {"EUR": "3.00"}, "reason": "They said so."},
    "receive": {"batch": "@batches"},
    "settle": {"reason": "Asked the bank.", "version": 1},
    "deliveries": {"schedule": "@schedule", "business_date": "2030-01-01"},
    "delivery-schedules": {"source": "@sources", "name": "New", "due_time": "06:00", "starts_on": "2030-01-01"},
    "change": {**AMOUNT_RULE, "reason": "Tuned.", "version": 1},
    "details": {"name": "Another name", "kind": "wallet"},
    "exchange-rates": {"rates": [{**RATE, "source": "Another bank"}]},
    "transactions": {"source": "@sources", "transactions": [ROW]},
    "accounts": {"source": "@sources", "accounts": [{"external_id": "N-1", "kind": "loan"}]},
    "counterparties": {"source": "@sources", "counterparties": [{"external_id": "N-1", "country": "SE"}]},
    "customers": {"source": "@sources", "customers": [{"external_id": "N-1", "kind": "person", "name": "New"}]},
    "account-parties": {
        "source": "@sources", "account_parties": [{"account": "A-7", "customer": "C-9", "role": "holder"}],
        "account": "@account", "role": "signatory", "valid_from": "2026-03-01", "reason": "Signed the form.",
    },
    "resolve": {"customer": "@customers", "reason": "The same passport."},
    "unresolve": {"reason": "Another person."},
    "relations": {
        "source": "@sources", "relations": [{"customer": "C-8", "other": "C-9", "kind": "owns"}],
        "other": "@other", "kind": "controls", "valid_from": "2026-03-01", "reason": "Signed the form.",
    },
    "erase": {"reason": "The time of retention is over."},
    "end": {"valid_until": "2026-03-01", "reason": "Left the account."},
    "end-on": {"valid_until": "2026-03-01", "reason": "Left the account."},
    "alerts": {
        "source": "@sources",
        "alerts": [
            {
                "external_id": "V-1", "system": "Vigil", "scenario": "Rapid movement", "scenario_version": "7.2",
                "typology": "rapid_in_out", "severity": "high", "occurred_at": "2026-03-02T12:00:00Z", "account": "A-7",
            }
        ],
    },
    "labels": {"source": "@sources", "labels": [{"external_id": "T-1", "is_suspicious": True}]},
    "decisions": {"source": "@sources", **ROW},
    "batch": {"source": "@sources", "transactions": [ROW]},
    "sources": {"slug": "wires", "default_currency": "EUR"},
    "queues": {"slug": "wires", "name": "Wires"},
    "move": {"unit": "@units", "queue": "@beside", "reason": "It is kept there."},
    "slug": {"name": "Renamed"},
    "units": {"code": "branch-7", "name": "Branch 7", "kind": "branch", "parent": "@units"},
    "code": {
        "kind": "branch", "reason": "Sold to others.",
        "principal_type": "user", "principal": "@users", "grant": "view",
    },
    "users": {"email": "new@example.test", "name": "New", "roles": []},
    "roles": {"roles": ["viewer"]},
    "tokens": {"name": "mine", "scopes": ["compliance:read"], "days": 7},
    "new": {"name": "mine", "scopes": ["compliance:read"], "days": 7},
    "training-runs": {"role": "supervised"},
    "request": {"role": "supervised", "share": "0.005"},
    "profile": {"name": "Somebody Else", "time_zone": "Europe/Paris"},
}  # fmt: skip
