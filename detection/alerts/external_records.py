"""The kind of record that alerts of other systems come in by: each once, never overwritten, gathered as ours are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from finobs.accounts.models import User
from finobs.core.classification import INTERNAL
from finobs.core.db.bulk import insert_instances
from finobs.core.db.ids import reserve
from finobs.ledger.services import timestamp
from transactions import bulk_load
from transactions.choices import QuarantineReason, RecordKind
from transactions.date_formats import iso_moment
from transactions.identifiers import is_nothing
from transactions.models import Account, Batch, Customer
from transactions.records.digests import salted_digest
from transactions.records.fields import (
    RecordField,
    currency,
    decimal_number,
    external_id,
    json_object,
    list_of,
    money_text,
    one_of,
    plain_text,
)
from transactions.records.kinds import KindDefinition, RecordOutcome, ValidRecord
from transactions.row_faults import RowFault, not_text, quoted
from transactions.row_validation import RowReader
from transactions.row_values import amount

from .. import hooks
from ..choices import BLOCKING, AlertSeverity, Outcome
from ..models import Alert, ExternalAlert

MAX_ALERT_REASON_LENGTH: Final = 500
MAX_NAMED_TRANSACTIONS: Final = 500
# As much as a row in quarantine shows of one field, so that it can be released as it came.
MAX_PAYLOAD_LENGTH: Final = 10_000
NO_PAYLOAD: Final = "{}"
MAX_IDS_PER_STATEMENT: Final = 1_000


def _moment(value: Any, name: str) -> datetime | str:
    """A date and time as it came: what zone a local one is in, the source says."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        not_text(value, name)
    try:
        iso_moment(value.strip())
    except ValueError as error:
        raise RowFault(QuarantineReason.DATE, f"{name} is {quoted(value)}{error}") from None
    return value


def _amount(value: Any, _: str) -> Any:
    """As it came: how many decimals it may have, its currency says."""
    return None if is_nothing(value) else value


ALERT_FIELDS: Final = (
    RecordField("external_id", "Id at the source", external_id, is_required=True, classification=INTERNAL),
    RecordField("system", "System", plain_text(100), is_required=True, classification=INTERNAL),
    RecordField("scenario", "Scenario", plain_text(200), is_required=True, classification=INTERNAL),
    RecordField("scenario_version", "Version of the scenario", plain_text(40), classification=INTERNAL),
    RecordField("typology", "Typology", one_of(hooks.typologies), is_required=True, classification=INTERNAL),
    RecordField("severity", "Severity", one_of(AlertSeverity.values), classification=INTERNAL),
    RecordField("occurred_at", "Occurred at", _moment, is_required=True, classification=INTERNAL, is_date=True),
    RecordField("account", "Account", external_id, classification=INTERNAL),
    RecordField("customer", "Customer", external_id, classification=INTERNAL),
    RecordField("amount", "Amount", _amount, classification=INTERNAL),
    RecordField("currency", "Currency", currency, classification=INTERNAL),
    RecordField("score", "Score", decimal_number, classification=INTERNAL),
    RecordField("reasons", "Reasons", list_of(plain_text(MAX_ALERT_REASON_LENGTH), in_order=True), is_list=True),
    RecordField(
        "transactions", "Transactions", list_of(external_id, most=MAX_NAMED_TRANSACTIONS), classification=INTERNAL
    ),
    RecordField("payload", "Payload", json_object(MAX_PAYLOAD_LENGTH)),
)


def check(values: Mapping[str, Any]) -> None:
    """Raises RowFault for an alert about nobody, and for an amount of no currency."""
    if not {"account", "customer"} & values.keys():
        raise RowFault(QuarantineReason.MISSING, "account and customer are empty: an alert is about one of them.")
    if "amount" in values:
        if "currency" not in values:
            raise RowFault(QuarantineReason.MISSING, "currency is empty, and there is an amount.")
        money_text(values["amount"], values["currency"], "amount")


def apply(actor: User, batch: Batch, rows: Mapping[int, ValidRecord]) -> RecordOutcome:
    return _ExternalAlertBatch(batch).run(rows)


class _ExternalAlertBatch:
    """One batch: `alerts` that its rows make, with what the other system said, by the index of the row."""

    def __init__(self, batch: Batch) -> None:
        self.batch, self.source = batch, batch.source
        self.reader = RowReader.of(batch.source, batch.received_at)
        self.outcome = RecordOutcome()
        self.accounts: Mapping[str, Account] = {}
        self.customers: dict[str, Customer] = {}
        self.earlier: dict[str, ExternalAlert] = {}
        self.alerts: dict[int, ExternalAlert] = {}

    def run(self, rows: Mapping[int, ValidRecord]) -> RecordOutcome:
        customers = {row.values["customer"] for row in rows.values() if "customer" in row.values}
        self.customers = {each.external_id: each for each in self._read(Customer.objects, customers)}
        earlier = ExternalAlert.objects.select_related("alert__account", "alert__customer")
        self.earlier = {each.external_id: each for each in self._read(earlier, {row.key for row in rows.values()})}
        sound = {index: row for index, row in rows.items() if not self._refuse(index, row)}
        names = {row.values["account"] for row in sound.values() if "account" in row.values}
        # One that nothing has moved on yet is made, in the unit of its source, as with transactions.
        self.accounts = bulk_load.ensure_parties(Account, self.source, names, {}) if names else {}
        for index, row in sound.items():
            if not self._refuse_of_two_units(index, row):
                self._add(index, row)
        self._save()
        return self.outcome

    def _read(self, rows: Any, external_ids: Iterable[str]) -> Iterator[Any]:
        ordered = sorted(external_ids)
        for start in range(0, len(ordered), MAX_IDS_PER_STATEMENT):
            yield from rows.filter(source=self.source, external_id__in=ordered[start : start + MAX_IDS_PER_STATEMENT])

    def _refuse(self, index: int, row: ValidRecord) -> bool:
        """Is it about a customer who is not there, or at a time that cannot be?"""
        try:
            row.values["occurred_at"] = self.reader.moment(row.values["occurred_at"], "occurred_at")
        except RowFault as fault:
            self.outcome.faults[index] = fault
        name = row.values.get("customer")
        customer = self.customers.get(name) if name else None
        if name and customer is None:
            self._fault(
                index, QuarantineReason.REFERENCE,
                f"The source has no customer {quoted(name)}: bring the customers in first, then release the row.",
            )  # fmt: skip
        elif customer and customer.erased_at:
            self._fault(index, QuarantineReason.ERASED, f"The customer {quoted(name)} was erased; discard the row.")
        return index in self.outcome.faults

    def _refuse_of_two_units(self, index: int, row: ValidRecord) -> bool:
        """Whoever sees the account would be told of a customer whom they may not see."""
        account = self.accounts.get(row.values.get("account", ""))
        customer = self.customers.get(row.values.get("customer", ""))
        if account is None or customer is None or account.unit_id == customer.unit_id:
            return False
        self._fault(
            index, QuarantineReason.REFERENCE,
            "The account and the customer are of different units: send an alert of each, or leave one of them out.",
        )  # fmt: skip
        return True

    def _add(self, index: int, row: ValidRecord) -> None:
        """Make it an alert, or say why it is none."""
        external = self._external(row)
        before = self.earlier.get(row.key)
        if before is None:
            external.position = len(self.alerts)
            external.digest = content_digest(external)
            self.alerts[index] = self.earlier[row.key] = external
            return
        # Under the salt of what is in already: the same content has the same digest then.
        external.salt = before.salt
        if content_digest(external) == bytes(before.digest):
            self.outcome.duplicates[index] = before.pk
        else:
            where = f"is alert {before.pk} with other content" if before.pk else "came with other content before it"
            self._fault(
                index, QuarantineReason.CONFLICT,
                f"external_id {quoted(row.key)} {where}, and that one stays. Correct the id, or discard the row.",
            )  # fmt: skip

    def _external(self, row: ValidRecord) -> ExternalAlert:
        """The row as an alert with what the other system said, neither of them saved."""
        values = row.values
        account, customer = self.accounts.get(values.get("account", "")), self.customers.get(values.get("customer", ""))
        severity, score = values.get("severity", ""), values.get("score")
        payload = values.get("payload", NO_PAYLOAD)
        alert = Alert(
            account=account, customer=customer, typology=values["typology"],
            outcome=Outcome.BLOCK if severity in BLOCKING else Outcome.REVIEW,
            score=None if score is None else float(score), parameters={"rules": [], "models": []}, snapshot={},
            created_at=self.batch.received_at,
        )  # fmt: skip
        has_amount = "amount" in values
        return ExternalAlert(
            alert=alert, source=self.source, external_id=row.key, batch=self.batch, system=values["system"],
            scenario=values["scenario"], scenario_version=values.get("scenario_version", ""), severity=severity,
            occurred_at=values["occurred_at"], reasons=values.get("reasons", []),
            transaction_ids=values.get("transactions", []),
            amount_minor=amount(values["amount"], values["currency"]) if has_amount else None,
            currency=values["currency"] if has_amount else "", payload_text=payload,
            payload_digest=hashlib.sha256(payload.encode()).hexdigest(),
        )  # fmt: skip

    def _save(self) -> None:
        """Insert them, and hand them on to whoever gathers alerts."""
        externals = list(self.alerts.values())
        alerts = [each.alert for each in externals]
        for pk, external in zip(reserve(Alert, len(externals)), externals, strict=True):
            external.alert.pk = pk
            external.alert = external.alert  # its own key is that of the alert
        insert_instances(alerts)
        insert_instances(externals)
        self.outcome.accepted = {index: (each.pk, bytes(each.digest)) for index, each in self.alerts.items()}
        hooks.group(alerts)

    def _fault(self, index: int, reason: QuarantineReason, detail: str) -> None:
        self.outcome.faults[index] = RowFault(reason, detail)


def content_digest(external: ExternalAlert) -> bytes:
    """What the ledger commits to of an alert of another system: all that it said, under the alert's salt."""
    alert = external.alert
    content = {
        "source": external.source.slug, "external_id": external.external_id, "system": external.system,
        "scenario": external.scenario, "scenario_version": external.scenario_version,
        "typology": str(alert.typology), "severity": str(external.severity),
        "occurred_at": timestamp(external.occurred_at), "account": alert.account.external_id if alert.account else None,
        "customer": alert.customer.external_id if alert.customer else None,
        "amount_minor": external.amount_minor, "currency": external.currency,
        "score": None if alert.score is None else repr(alert.score), "reasons": external.reasons,
        "transactions": external.transaction_ids, "payload_digest": external.payload_digest,
    }  # fmt: skip
    return salted_digest(external.salt, content)


ALERT_KIND: Final = KindDefinition(
    RecordKind.ALERT, "alert", ALERT_FIELDS, key_fields=("external_id",), check=check, apply=apply
)
