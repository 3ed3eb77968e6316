"""One of everything, so that every address has something to be asked for. What people do is done by the services."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.urls import resolve

from approvals.models import ApprovalPolicy, ApprovalRequest
from cases.models import Case, Queue
from cases.services import case_close, case_take, note_add
from detection.models import ModelVersion, ReassessmentRun, Rule, ShadowScore, TrainingRun
from detection.tests import scenarios as detection
from finobs.accounts.models import ApiToken, User
from finobs.accounts.services import token_create
from finobs.core import clock
from finobs.core.api import ServiceAction
from finobs.core.errors import ApprovalRequired
from finobs.ledger.models import Event
from tests import factories
from tests.support.addresses import Address
from transactions.models import QuarantinedRow, Source

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
    alert = detection.alert_of_two_models()
    case = Case.objects.get()
    case_take(actor=analyst, case=case)
    note_add(actor=analyst, case=case, text="Called the branch.")
    try:
        case.refresh_from_db()
        case_close(
            actor=analyst, case=case, disposition="false_positive", reason_code="known_pattern",
            rationale="The customer does this every month.", version=case.version,
        )  # fmt: skip
    except ApprovalRequired:
        case.refresh_from_db()
    ApprovalPolicy.objects.create(action="cases.close")
    batch = alert.transaction.batch
    token, _ = token_create(
        actor=superuser, user=superuser, name="matrix", scopes=["audit:read"], lifetime=timedelta(days=1)
    )
    run = TrainingRun.objects.create(
        role="anomaly", parameters={"rows": 0, "share": "0.005", "seed": 7}, requested_by=superuser
    )
    failed = ReassessmentRun.objects.create(
        source=batch.source, as_of=alert.transaction_id, requested_by=superuser, state="failed", ended_at=clock.now()
    )
    return Scene(
        {
            "queues": queue.slug, "cases": case.reference, "incidents": case.incidents.get().reference,
            "alerts": alert.pk, "transactions": alert.transaction_id, "accounts": alert.account_id, "batches": batch.pk,
            "decisions": alert.transaction_id, "sessions": 0,
            "sources": batch.source.slug, "models": _scoring(alert.account).pk, "training": run.pk, "training-runs": run.pk, "runs": failed.pk, "reassessment-runs": failed.pk, "rules": Rule.objects.get().slug, "approvals": ApprovalRequest.objects.get().pk,
            "quarantine": _quarantined(batch).pk, "users": analyst.pk, "tokens": ApiToken.objects.get(pk=token.pk).pk,
            "events": Event.objects.values_list("uid", flat=True)[0], "subject_type": "cases.case", "subject_id": case.pk,
            "group": Group.objects.get(name="viewer").pk, "digest": ApprovalRequest.objects.get().digest,
        },
        secrets=tuple(text.encode() for text in (case.reference, alert.account.external_id, alert.transaction.external_id)),
    )  # fmt: skip


def _scoring(account: Any) -> ModelVersion:
    """A version that looked on while ten transactions came in."""
    version = factories.model_version()
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
    values = {name: scene.subjects[value[1:]] if _refers(value) else value for name, value in fields.items()}
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


def _refers(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("@")


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
    "queues": (Queue, "slug"), "sources": (Source, "slug"),
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "notes": {"text": "Read the file."},
    "assign": {"to": "@users", "reason": "Knows this customer."},
    "close": {
        "disposition": "false_positive", "reason_code": "known_pattern", "rationale": "As in every month.", "version": 1,
    },
    "decide": {"vote": "approve", "reason": "Agreed.", "digest": "@digest"},
    "withdraw": {"reason": "A mistake."},
    "correct": {"amount": "10.00", "values": {"amount": "10.00"}, "version": 1},
    "discard": {"reason": "A test row."},
    "release": {"reason": "Corrected."},
    "promote": {"reason": "Better than the one before."},
    "retire": {"reason": "Replaced."},
    "threshold": {
        "alerts_a_day": "1", "reason": "Fewer people in summer.",
        "first": "2026-03-01", "last": "2026-03-30", "from": "2026-03-01", "to": "2026-03-30",
    },
    "versions": {"parameters": AMOUNT_RULE, "reason": "Tuned.", "version": 1},
    "change": {**AMOUNT_RULE, "reason": "Tuned.", "version": 1},
    "transactions": {"source": "@sources", "transactions": [ROW]},
    "labels": {"source": "@sources", "labels": [{"external_id": "T-1", "is_suspicious": True}]},
    "decisions": {"source": "@sources", **ROW},
    "batch": {"source": "@sources", "transactions": [ROW]},
    "sources": {"slug": "wires", "default_currency": "EUR"},
    "users": {"email": "new@example.test", "name": "New", "roles": []},
    "roles": {"roles": ["viewer"]},
    "tokens": {"name": "mine", "scopes": ["compliance:read"], "days": 7},
    "new": {"name": "mine", "scopes": ["compliance:read"], "days": 7},
    "training-runs": {"role": "supervised"},
    "request": {"role": "supervised", "share": "0.005"},
    "profile": {"name": "Somebody Else", "time_zone": "Europe/Paris"},
}  # fmt: skip
