"""Every change that a service makes to something that others may change too: a scene for each, that would succeed.

`tests/test_versions.py` and `tests/test_change_events.py` run all of them; a service that is not here fails there.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import Model

from approvals import services as approvals
from approvals.models import ApprovalPolicy
from approvals.tests.factories import CONCLUSION, closing_request
from cases import services as cases
from cases.models import Queue, WorkPolicy
from detection.ml.registry import services as registry
from detection.rules import services as rules
from finobs.accounts import services as accounts
from finobs.accounts.models import ApiToken, User
from finobs.core import clock
from finobs.core.models import Versioned
from tests import factories
from transactions import services as transactions
from transactions.choices import IngestMethod
from transactions.models import AccountDetails, Counterparty, CounterpartyDetails, QuarantinedRow
from transactions.parties import services as parties
from transactions.row_validation import RawRow

APPS = ("approvals", "cases", "detection", "finobs.accounts", "finobs.ledger", "finobs.core.jobs", "transactions")
LIMITS = {"currency": "USD", "review_at": "9000.00", "block_at": "50000.00"}
ROW = {
    "external_id": "T-1", "account": "A-1", "counterparty": "M-1", "occurred_at": "2026-03-02T12:00:00Z",
    "amount": "12.50", "currency": "USD", "direction": "out",
}  # fmt: skip

# Services about something that others may change, which ask for no version, and why.
WITHOUT_VERSION = {
    "policy.routing_dry_run": "changes nothing",
    "queue.item_take_next": "changes no queue: it takes whatever case is free now",
    "user.token_create": "adds a token",
    "source.delivery_schedule_create": "adds a schedule",
    "schedule.delivery_open": "adds a delivery, or finds it",
    "fault.delivery_fault_gather": "finobs itself, in the transaction that raises the fault",
    "delivery.delivery_receive": "adds what came: two senders at once both count",
    "delivery.delivery_end": "says that this is all, whatever is in",
    "parent.unit_create": "adds a unit",
    "unit.queue_create": "adds a queue",
    "unit.account_move": "changes no unit: accounts have no version, and where one goes is said in full",
    "source.ingest": "adds transactions",
    "source.records_add": "adds records, and keeps those that they correct",
    "customer.customer_erase_approved": "carried out in the deciding vote, whose digest said what was seen",
    "source.labels_add": "adds labels, and keeps those that they replace",
    "source.rule_create": "adds a rule",
    "source.training_request": "adds a run",
    "request.close_approved": "carried out in the deciding vote, whose digest said what was seen",
    "request.promote_approved": "carried out in the deciding vote, whose digest said what was seen",
    "request.retire_approved": "carried out in the deciding vote, whose digest said what was seen",
    "model_version.model_install": "finobs itself, before there is anybody else",
    "customer.counterparty_resolve": "changes nothing of the customer; whoever comes second gets a conflict",
    "queue.incident_open": "adds an incident",
    "customer.incident_open": "adds an incident",
    "customer.external_alerts_erase": "a part of the customer's erasure, in its transaction",
    "customer.items_erase": "a part of the customer's erasure, in its transaction",
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
        case "account_change":
            account = AccountDetails.objects.create(account=factories.account(), name="Before", kind="loan")
            of_account = {"name": "Renamed", "kind": "wallet", "currency": "EUR", "opened_on": date(2020, 1, 31)}
            return Change(account, {"actor": admin, "details": account, **of_account})
        case "counterparty_change":
            party = CounterpartyDetails.objects.create(counterparty=_counterparty(), name="Before")
            of_party = {"name": "Renamed", "kind": "person", "country": "DE", "bank": "X", "account_number": "7"}
            return Change(party, {"actor": admin, "details": party, **of_party})
        case "quarantine_correct" | "quarantine_release" | "quarantine_discard":
            row = _quarantined(admin)
            if name == "quarantine_correct":
                return Change(row, {"actor": admin, "row": row, "fields": ROW})
            row = transactions.quarantine_correct(actor=admin, row=row, fields=ROW)
            return Change(row, {"actor": admin, "row": row, "reason": "Asked the bank."})
        case "delivery_schedule_change":
            schedule = factories.delivery().schedule
            return Change(schedule, {"actor": admin, "schedule": schedule, "name": "Renamed", "due_days": 2})
        case "delivery_announce":
            delivery = factories.delivery()
            return Change(delivery, {"actor": admin, "delivery": delivery, "rows": 3, "sums": {"EUR": "3.00"}})
        case "delivery_fault_settle":
            fault = factories.delivery_fault()
            return Change(fault, {"actor": admin, "fault": fault, "reason": "Asked the bank."})
        case "customer_correct" | "customer_erase" | "account_party_add" | "relation_add":
            return _of_customer(name, lead)
        case "queue_change":
            queue = fixture("queue")
            return Change(queue, {"actor": admin, "queue": queue, "name": "Renamed", "lease_minutes": 15})
        case "queue_grant" | "queue_revoke":
            queue = fixture("queue")
            action = "lead" if name == "queue_grant" else "work"
            return Change(queue, {"actor": admin, "queue": queue, "principal": analyst, "action": action})
        case "unit_change" | "unit_deactivate" | "unit_reactivate" | "unit_grant" | "unit_revoke":
            return _of_unit(name, admin, analyst)
        case "policy_set":
            values = {"actor": admin, "action": "cases.close", "quorum": 2, "expires_after_hours": 24}
            approvals.policy_set(**values)
            return Change(ApprovalPolicy.objects.get(), values | {"quorum": 1})
        case "request_decide" | "request_withdraw":
            case = cases.item_take(actor=analyst, item=factories.case(inside=fixture("queue")))
            request = closing_request(analyst, case)
            if name == "request_withdraw":
                return Change(request, {"actor": analyst, "request": request})
            return Change(request, {"actor": lead, "request": request, "vote": "approve", "digest": request.digest})
        case "incident_close" | "incident_escalate":
            incident = factories.incident(inside=fixture("queue"))
            more: dict[str, Any] = (
                dict(CONCLUSION) if name == "incident_close" else {"reason": "It needs more than a look."}
            )
            return Change(incident, {"actor": analyst, "item": incident, **more})
        case "item_take" | "case_close" | "item_assign" | "note_add" | "item_release" | "item_wait" | "item_move":
            return _of_item(name, fixture("queue"), analyst, lead)
        case "item_reopen":
            case = factories.case(
                inside=fixture("queue"), status="closed", closed_at=factories.NOON, disposition="no_action",
                reason_code="known_pattern",
            )  # fmt: skip
            return Change(case, {"actor": lead, "item": case, "reason": "There is news."})
        case "case_subject_add" | "case_subject_change" | "case_subject_remove":
            return _of_subject(name, fixture("queue"), analyst)
        case "item_tag" | "item_untag" | "tag_change":
            return _of_tag(name, fixture("queue"), analyst, admin)
        case "work_policy_change" | "work_policy_revert":
            policy = cases.work_policy_change(
                actor=admin, policy=WorkPolicy(kind="assignment", slug="assignment", name="Assignment"),
                content={"automatic": [], "most_held": 5, "absent": []}, reason="A limit of five.",
            ).policy  # fmt: skip
            more_of_policy: dict[str, Any] = (
                {"content": {"automatic": [], "most_held": 7, "absent": []}}
                if name == "work_policy_change"
                else {"number": 0}
            )
            return Change(policy, {"actor": admin, "policy": policy, "reason": "It was too few.", **more_of_policy})
        case "rule_change" | "rule_retire":
            rule = factories.rule_version().rule
            parameters = {"parameters": LIMITS} if name == "rule_change" else {}
            return Change(rule, {"actor": admin, "rule": rule, "reason": "Tuned.", **parameters})
        case "model_shadow" | "model_challenge" | "model_promote" | "model_retire":
            version = factories.model_version()
            return Change(version, {"actor": admin, "model_version": version, "reason": "Better."})
    raise LookupError(f"{name} has no scene in tests/support/changes.py")


def _of_customer(name: str, lead: Any) -> Change:
    from .scenes.of_parties import NEW_YEAR, new_customer

    customer = new_customer(exited_on="2010-01-01")
    more: dict[str, Any] = {
        "customer_correct": lambda: {"valid_from": NEW_YEAR, "profile": {"name": "Ana Bergh", "segment": "private"}},
        "customer_erase": dict,
        "account_party_add": lambda: {
            "account": factories.account(of=customer.source), "role": "holder", "valid_from": NEW_YEAR
        },
        "relation_add": lambda: {"other": new_customer(customer.source), "kind": "controls", "valid_from": NEW_YEAR},
    }[name]()  # fmt: skip
    return Change(customer, {"actor": lead, "customer": customer, "reason": "As she says.", **more})


def service(name: str) -> Callable[..., Any]:
    modules = (accounts, approvals, cases, parties, registry, rules, transactions)
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


def _counterparty() -> Counterparty:
    return Counterparty.objects.create(source=factories.source(), external_id="M-7")


def _quarantined(admin: Any) -> QuarantinedRow:
    rows = [RawRow(fields={**ROW, "amount": "ten"})]
    transactions.ingest(actor=admin, source=factories.source("bank"), rows=rows, method=IngestMethod.REST)
    return QuarantinedRow.objects.get()


def _of_unit(name: str, admin: Any, analyst: Any) -> Change:
    unit = factories.unit("first-bank")
    match name:
        case "unit_change":
            return Change(unit, {"actor": admin, "unit": unit, "name": "Renamed", "kind": "branch"})
        case "unit_deactivate":
            return Change(unit, {"actor": admin, "unit": unit, "reason": "Sold to others."})
        case "unit_reactivate":
            unit = accounts.unit_deactivate(actor=admin, unit=unit, reason="Sold to others.")
            return Change(unit, {"actor": admin, "unit": unit, "reason": "Bought back."})
    if name == "unit_revoke":
        factories.grant(analyst, "work", unit)
    return Change(unit, {"actor": admin, "unit": unit, "principal": analyst, "action": "work"})


def _of_tag(name: str, queue: Queue, analyst: User, admin: User) -> Change:
    tag, case = cases.tag_create(actor=admin, slug="urgent", name="Urgent"), factories.case(inside=queue)
    if name == "tag_change":
        return Change(tag, {"actor": admin, "tag": tag, "name": "Very urgent"})
    if name == "item_untag":
        case = cases.item_tag(actor=analyst, item=case, tag=tag)
    return Change(case, {"actor": analyst, "item": case, "tag": tag})


def _of_subject(name: str, queue: Queue, analyst: User) -> Change:
    case, account = factories.case(inside=queue), factories.account()
    factories.grant(analyst, "read_data", account.unit)
    said: dict[str, Any] = {"actor": analyst, "case": case, "reason": "He was told to pay."}
    if name == "case_subject_add":
        return Change(case, {**said, "account": account, "role": "victim"})
    cases.case_subject_add(**said, account=account, role="victim")
    role = {"role": "related"} if name == "case_subject_change" else {}
    return Change(case, {**said, "subject": case.subjects.get(account=account), **role})


def _of_item(name: str, queue: Queue, analyst: User, lead: User) -> Change:
    """What is done to a case, which some of it has to be held for."""
    case = factories.case(inside=queue)
    if name in ("case_close", "item_release", "item_wait"):
        case = cases.item_take(actor=analyst, item=case)
    words: dict[str, dict[str, Any]] = {
        "item_take": {}, "item_release": {}, "case_close": CONCLUSION, "note_add": {"text": "It is a mule."},
        "item_wait": {"waiting_for": "an answer of the branch", "until": clock.now() + timedelta(days=3)},
        "item_assign": {"actor": lead, "to": analyst, "reason": "Hers."},
    }  # fmt: skip
    more = words.get(name, {})
    if name == "item_move":
        other = factories.queue()
        factories.grant(analyst, "view", other)
        more = {"queue": other, "reason": "They know it."}
    return Change(case, {"actor": analyst, "item": case, **more})
