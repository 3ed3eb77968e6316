"""Every change that a service makes to something that others may change too: a scene for each, that would succeed.

`tests/test_versions.py` and `tests/test_change_events.py` run all of them; a service that is not here fails there.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import Model

from approvals import services as approvals
from approvals.models import ApprovalPolicy
from approvals.tests.factories import CONCLUSION, closing_request
from cases import services as cases
from detection.ml.registry import services as registry
from detection.rules import services as rules
from finobs.accounts import services as accounts
from finobs.accounts.models import ApiToken
from finobs.core.models import Versioned
from tests import factories
from transactions import services as transactions
from transactions.choices import IngestMethod
from transactions.models import QuarantinedRow
from transactions.row_validation import RawRow

APPS = ("approvals", "cases", "detection", "finobs.accounts", "finobs.ledger", "finobs.core.jobs", "transactions")
LIMITS = {"currency": "USD", "review_at": "9000.00", "block_at": "50000.00"}
ROW = {
    "external_id": "T-1", "account": "A-1", "counterparty": "M-1", "occurred_at": "2026-03-02T12:00:00Z",
    "amount": "12.50", "currency": "USD", "direction": "out",
}  # fmt: skip

# Services about something that others may change, which ask for no version, and why.
WITHOUT_VERSION = {
    "queue.case_take_next": "changes no queue: it takes whatever case is free now",
    "user.token_create": "adds a token",
    "source.ingest": "adds transactions",
    "source.labels_add": "adds labels, and keeps those that they replace",
    "source.rule_create": "adds a rule",
    "source.training_request": "adds a run",
    "request.close_approved": "carried out in the deciding vote, whose digest said what was seen",
    "request.promote_approved": "carried out in the deciding vote, whose digest said what was seen",
    "request.retire_approved": "carried out in the deciding vote, whose digest said what was seen",
    "model_version.model_install": "finobs itself, before there is anybody else",
    "case.case_await_approval": "finobs itself, in the transaction of the proposal",
    "case.case_reopen": "finobs itself, in the transaction of what ended the request",
    "version.model_threshold_set": "adds a model version",
    "version.model_publish": "adds a model version",
    "user.password_replace": "an operator at the server, who sees no page",
    "actor.password_change": "proves the password that is there now",
}
# One's own account is the actor itself.
OWN = {"profile_change", "password_change"}


# Their transactions are inside: one keeps what is void, the other reads scores before it.
UNFRAMED = {"request_decide", "model_threshold_set"}


class Change(NamedTuple):
    """One call that would succeed: the row that it changes, and the arguments but `version`."""

    row: Model
    arguments: dict[str, Any]


def public_services() -> dict[str, Callable[..., Any]]:
    """Every service of the product, by its name: what the frame of services is around, and UNFRAMED."""
    known: dict[str, Callable[..., Any]] = {}
    for app in APPS:
        package = importlib.import_module(app)
        for module in pkgutil.walk_packages(package.__path__, f"{app}."):
            if ".services" in module.name and ".tests" not in module.name:
                for name, value in vars(importlib.import_module(module.name)).items():
                    is_service = hasattr(value, "__wrapped__") or name in UNFRAMED
                    if isinstance(value, types.FunctionType) and is_service and not name.startswith("_"):
                        known[name] = value
    return known


def subjects(service: Callable[..., Any]) -> Iterator[str]:
    """The parameters by which a service takes something that others may change too."""
    versioned = {model.__name__ for model in apps.get_models() if issubclass(model, Versioned)}
    for name, parameter in inspect.signature(service).parameters.items():
        kinds = {kind.strip() for kind in str(parameter.annotation).split("|")}
        if kinds & versioned and (name not in ("actor", "to", "principal") or service.__name__ in OWN):
            yield name


def changing_services() -> dict[str, Callable[..., Any]]:
    """Those that ask which version was seen."""
    return {name: each for name, each in public_services().items() if asks_for_version(each)}


def asks_for_version(service: Callable[..., Any]) -> bool:
    """Of two services the model version itself is called so."""
    parameter = inspect.signature(service).parameters.get("version")
    return parameter is not None and parameter.annotation == "int | None"


def change(name: str, fixture: Callable[[str], Any]) -> Change:
    """The scene of one service. `fixture` gives the standard people and things by their names."""
    admin, analyst, lead = (fixture(who) for who in ("admin", "analyst", "lead"))
    match name:
        case "user_change":
            return Change(analyst, {"actor": admin, "user": analyst, "name": "Renamed", "email": "new@example.test"})
        case "profile_change":
            return Change(analyst, {"actor": analyst, "name": "Renamed", "time_zone": "Asia/Tokyo"})
        case "role_assign":
            return Change(analyst, {"actor": admin, "user": analyst, "roles": ["viewer"]})
        case "user_deactivate" | "password_reset_issue" | "sessions_end":
            return Change(analyst, {"actor": admin, "user": analyst})
        case "user_reactivate":
            return Change(accounts.user_deactivate(actor=admin, user=analyst), {"actor": admin, "user": analyst})
        case "token_revoke":
            token = _token(analyst)
            return Change(token, {"actor": analyst, "token": token})
        case "source_change":
            source = factories.source("bank")
            return Change(source, {"actor": admin, "source": source, "name": "Renamed", "time_zone": "Asia/Tokyo"})
        case "quarantine_correct" | "quarantine_release" | "quarantine_discard":
            row = _quarantined(admin)
            if name == "quarantine_correct":
                return Change(row, {"actor": admin, "row": row, "fields": ROW})
            row = transactions.quarantine_correct(actor=admin, row=row, fields=ROW)
            return Change(row, {"actor": admin, "row": row, "reason": "Asked the bank."})
        case "queue_change":
            queue = fixture("queue")
            return Change(queue, {"actor": admin, "queue": queue, "name": "Renamed", "lease_minutes": 15})
        case "queue_grant" | "queue_revoke":
            queue = fixture("queue")
            action = "lead" if name == "queue_grant" else "work"
            return Change(queue, {"actor": admin, "queue": queue, "principal": analyst, "action": action})
        case "policy_set":
            values = {"actor": admin, "action": "cases.close", "quorum": 2, "expires_after_hours": 24}
            approvals.policy_set(**values)
            return Change(ApprovalPolicy.objects.get(), values | {"quorum": 1})
        case "request_decide" | "request_withdraw":
            case = cases.case_take(actor=analyst, case=factories.case(inside=fixture("queue")))
            request = closing_request(analyst, case)
            if name == "request_withdraw":
                return Change(request, {"actor": analyst, "request": request})
            return Change(request, {"actor": lead, "request": request, "vote": "approve", "digest": request.digest})
        case "case_take" | "case_close" | "case_assign" | "note_add":
            case = factories.case(inside=fixture("queue"))
            case = cases.case_take(actor=analyst, case=case) if name == "case_close" else case
            more: dict[str, Any] = {
                "case_take": {"actor": analyst}, "case_close": {"actor": analyst, **CONCLUSION},
                "case_assign": {"actor": lead, "to": analyst, "reason": "Hers."},
                "note_add": {"actor": analyst, "text": "It is a mule."},
            }[name]  # fmt: skip
            return Change(case, {"case": case, **more})
        case "case_release":
            case = cases.case_take(actor=analyst, case=factories.case(inside=fixture("queue")))
            return Change(case, {"actor": analyst, "case": case})
        case "rule_change" | "rule_retire":
            rule = factories.rule_version().rule
            parameters = {"parameters": LIMITS} if name == "rule_change" else {}
            return Change(rule, {"actor": admin, "rule": rule, "reason": "Tuned.", **parameters})
        case "model_shadow" | "model_challenge" | "model_promote" | "model_retire":
            version = factories.model_version()
            return Change(version, {"actor": admin, "model_version": version, "reason": "Better."})
    raise LookupError(f"{name} has no scene in tests/support/changes.py")


def service(name: str) -> Callable[..., Any]:
    modules = (accounts, approvals, cases, registry, rules, transactions)
    act: Callable[..., Any] = next(getattr(module, name) for module in modules if hasattr(module, name))
    return act


def state(row: Any) -> dict[str, Any]:
    """Every column of a row as the database has it, and the members of its many-to-many fields."""
    fresh = type(row)._base_manager.get(pk=row.pk)
    columns = {field.attname: getattr(fresh, field.attname) for field in fresh._meta.concrete_fields}
    return columns | {each.name: sorted(map(str, getattr(fresh, each.name).all())) for each in fresh._meta.many_to_many}


def _token(owner: Any) -> ApiToken:
    from datetime import timedelta

    scopes = ["compliance:read"]
    return accounts.token_create(actor=owner, user=owner, name="feed", scopes=scopes, lifetime=timedelta(days=1))[0]


def _quarantined(admin: Any) -> QuarantinedRow:
    rows = [RawRow(fields={**ROW, "amount": "ten"})]
    transactions.ingest(actor=admin, source=factories.source("bank"), rows=rows, method=IngestMethod.REST)
    return QuarantinedRow.objects.get()
