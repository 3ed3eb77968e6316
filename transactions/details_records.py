"""The kinds of record that say what is known of accounts and of counterparties beyond their ids.

A row says what it has a value for; what it leaves out stays as it is. The last word stands, whoever says it: each is in
the history, and a row that says what is known is known already. Details have no days from which on they hold, as
profiles of customers have.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, ClassVar, Final, Generic, TypeVar

from finobs.accounts.models import OrgUnit, User
from finobs.accounts.unit_tree import descendant_ids
from finobs.core import access, history
from finobs.core.classification import INTERNAL
from finobs.core.versions import FIRST_VERSION
from finobs.ledger.services import event_value

from .choices import AccountKind, AccountStatus, CounterpartyKind, QuarantineReason, RecordKind
from .models import Account, AccountDetails, Batch, Counterparty, CounterpartyDetails, PartyDetails
from .records.digests import salted_digest
from .records.fields import RecordField, country, currency, external_id, iso_date, one_of, plain_text
from .records.kinds import KindDefinition, RecordOutcome, ValidRecord
from .row_faults import RowFault, quoted

D = TypeVar("D", bound=PartyDetails)
ID_FIELD: Final = RecordField("external_id", "Id at the source", external_id, is_required=True, classification=INTERNAL)
ACCOUNT_FIELDS: Final = (
    ID_FIELD,
    RecordField("name", "Name", plain_text(140)),
    RecordField("kind", "Kind", one_of(AccountKind.values), classification=INTERNAL),
    RecordField("currency", "Currency", currency, classification=INTERNAL),
    RecordField("opened_on", "Opened on", iso_date, classification=INTERNAL, is_date=True),
    RecordField("closed_on", "Closed on", iso_date, classification=INTERNAL, is_date=True),
    RecordField("status", "Status", one_of(AccountStatus.values), classification=INTERNAL),
    RecordField("unit", "Unit", plain_text(40), classification=INTERNAL),
)
COUNTERPARTY_FIELDS: Final = (
    ID_FIELD,
    RecordField("name", "Name", plain_text(140)),
    RecordField("kind", "Kind", one_of(CounterpartyKind.values), classification=INTERNAL),
    RecordField("country", "Country", country, classification=INTERNAL),
    RecordField("bank", "Bank", plain_text(140)),
    RecordField("account_number", "Account number", external_id),
)


class _DetailsBatch(Generic[D]):
    """One batch. A subclass says which details there are of which party. parties: by external id, locked."""

    details_class: type[D]
    party_class: ClassVar[type[Account | Counterparty]]
    fields: ClassVar[tuple[str, ...]]

    def __init__(self, actor: User, batch: Batch) -> None:
        self.actor, self.batch, self.source = actor, batch, batch.source
        self.outcome = RecordOutcome()
        self.parties: dict[str, Any] = {}
        self.details: dict[int, D] = {}
        self.first: dict[str, dict[str, Any]] = {}

    def run(self, rows: Mapping[int, ValidRecord]) -> RecordOutcome:
        self.ensure_parties(rows)
        keys = {each.pk for each in self.parties.values()}
        self.details = {each.pk: each for each in self.details_class._default_manager.filter(pk__in=keys)}
        new: dict[int, D] = {}
        changed: dict[int, D] = {}
        for index, row in rows.items():
            if self.refuse(index, row):
                continue
            details, is_new = self.details_of(row.key)
            if self.take(index, row, details, is_new=is_new):
                (new if is_new else changed)[index] = details
        self.save(new, changed)
        return self.outcome

    def ensure_parties(self, rows: Mapping[int, ValidRecord]) -> None:
        """Read and lock who the rows are about, and make who is not there yet."""
        names = {row.key for row in rows.values()}
        existing = set(self.rows_of(names).values_list("external_id", flat=True))
        missing = {row.key: row for row in rows.values() if row.key not in existing and self.may_make(row)}
        new = [self.new_party(missing[name]) for name in sorted(missing)]
        # Transactions that come in at the same time may be quicker.
        self.party_class._default_manager.bulk_create(new, ignore_conflicts=True)  # type: ignore[arg-type]
        # Whoever changes one of them by hand waits for the same lock.
        locked = self.rows_of(names).select_for_update(no_key=True).order_by("pk")
        self.parties = {each.external_id: each for each in locked}

    def rows_of(self, names: Collection[str]) -> Any:
        return self.party_class._default_manager.filter(source=self.source, external_id__in=sorted(names))

    def may_make(self, row: ValidRecord) -> bool:
        return True

    def new_party(self, row: ValidRecord) -> Account | Counterparty:
        return Counterparty(source=self.source, external_id=row.key, created_at=self.batch.received_at)

    def refuse(self, index: int, row: ValidRecord) -> bool:
        """Say why the row cannot be about that party, if it cannot."""
        return False

    def details_of(self, key: str) -> tuple[D, bool]:
        """What is known, and whether this batch is the first to say something."""
        party = self.parties[key]
        details = self.details.get(party.pk)
        if details is None:
            details = self.details[party.pk] = self.details_class(pk=party.pk, version=FIRST_VERSION)
        return details, details._state.adding

    def take(self, index: int, row: ValidRecord, details: D, *, is_new: bool) -> bool:
        """Put what the row says on `details`; False where that is known already, or cannot be."""
        values = {name: _typed(name, row.values[name]) for name in self.fields if name in row.values}
        if row.key in self.first:
            self.compare(index, row.key, values)
            return False
        before = {name: getattr(details, name) for name in self.fields}
        after = before | values
        if fault := why_not(after):
            self.outcome.faults[index] = fault
            return False
        self.first[row.key] = values
        if before == after and not is_new:
            self.outcome.duplicates[index] = details.pk
            return False
        for name, value in values.items():
            setattr(details, name, value)
        return True

    def compare(self, index: int, key: str, values: dict[str, Any]) -> None:
        if values == self.first[key]:
            self.outcome.duplicates[index] = None
        else:
            detail = f"external_id {quoted(key)} came with other content earlier in the same batch; that one stays."
            self.fault(index, QuarantineReason.CONFLICT, detail)

    def save(self, new: Mapping[int, D], changed: Mapping[int, D]) -> None:
        """The root of the batch is over these in the order in which their history has them: the new ones first."""
        reason = f"Batch {self.batch.pk}"
        history.bulk_create(list(new.values()), actor=self.batch.actor, reason=reason)
        history.bulk_update(list(changed.values()), fields=self.fields, actor=self.batch.actor, reason=reason)
        for index, details in [*new.items(), *changed.items()]:
            self.outcome.accepted[index] = (details.pk, self.digest(details))

    def digest(self, details: D) -> bytes:
        """Of all that is known then, as the history of the batch holds it, under the salt of the details."""
        values = {name: event_value(getattr(details, name)) for name in self.fields}
        return salted_digest(details.salt, {"source": self.source.slug, "party": details.pk, "values": values})

    def fault(self, index: int, reason: QuarantineReason, detail: str) -> None:
        self.outcome.faults[index] = RowFault(reason, detail)


class _AccountBatch(_DetailsBatch[AccountDetails]):
    """units: those that the rows name, as far as they are within the source's own, open, by their codes."""

    details_class = AccountDetails
    party_class = Account
    fields = ("name", "kind", "currency", "opened_on", "closed_on", "status")

    def ensure_parties(self, rows: Mapping[int, ValidRecord]) -> None:
        codes = {row.values["unit"] for row in rows.values() if "unit" in row.values}
        within = OrgUnit.objects.filter(pk__in=descendant_ids(self.source.unit.pk), is_active=True)
        self.units = dict(within.filter(code__in=codes).values_list("code", "pk")) if codes else {}
        super().ensure_parties(rows)
        # A source's accounts may have moved to where whoever feeds the source may not.
        reached = access.restrict(self.rows_of(self.parties), self.actor, "change")
        self.reached = set(reached.values_list("pk", flat=True))

    def may_make(self, row: ValidRecord) -> bool:
        return "unit" not in row.values or row.values["unit"] in self.units

    def new_party(self, row: ValidRecord) -> Account:
        unit = self.units[row.values["unit"]] if "unit" in row.values else self.source.unit_id
        return Account(
            source=self.source, external_id=row.key, unit_id=unit, created_at=self.batch.received_at
        )  # fmt: skip

    def refuse(self, index: int, row: ValidRecord) -> bool:
        code, account = row.values.get("unit"), self.parties.get(row.key)
        if account is not None and account.pk not in self.reached:
            self.fault(index, QuarantineReason.REFERENCE, "The account is in a unit that this feed is not of.")
        elif code is not None and code not in self.units:
            detail = f"The source's unit is not, and has not within it, an open unit of the code {quoted(code)}."
            self.fault(index, QuarantineReason.REFERENCE, detail)
        elif code is not None and account is not None and account.unit_id != self.units[code]:
            detail = f"The account is not in the unit {quoted(code)}. A person moves it: its transactions go with it."
            self.fault(index, QuarantineReason.CONFLICT, detail)
        return index in self.outcome.faults


class _CounterpartyBatch(_DetailsBatch[CounterpartyDetails]):
    details_class = CounterpartyDetails
    party_class = Counterparty
    fields = ("name", "kind", "country", "bank", "account_number")


def _typed(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name.endswith("_on") else value


def why_not(values: Mapping[str, Any]) -> RowFault | None:
    """Why these do not hang together, beside what the fields say by themselves."""
    opened, closed = values.get("opened_on"), values.get("closed_on")
    if opened and closed and closed < opened:
        return RowFault(QuarantineReason.DATE, f"closed_on is {closed}, before opened_on, {opened}.")
    return None


def check(values: Mapping[str, Any]) -> None:
    """Raises RowFault."""
    if fault := why_not(values):
        raise fault


def apply_accounts(actor: User, batch: Batch, rows: Mapping[int, ValidRecord]) -> RecordOutcome:
    return _AccountBatch(actor, batch).run(rows)


def apply_counterparties(actor: User, batch: Batch, rows: Mapping[int, ValidRecord]) -> RecordOutcome:
    return _CounterpartyBatch(actor, batch).run(rows)


ACCOUNTS: Final = KindDefinition(
    RecordKind.ACCOUNT, "account", ACCOUNT_FIELDS, key_fields=("external_id",), check=check, apply=apply_accounts
)
COUNTERPARTIES: Final = KindDefinition(
    RecordKind.COUNTERPARTY, "counterparty", COUNTERPARTY_FIELDS, key_fields=("external_id",), check=check,
    apply=apply_counterparties,
)  # fmt: skip
