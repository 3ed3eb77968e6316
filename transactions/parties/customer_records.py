"""The kind of record that customers come in by: one row says what is so of one customer from a date on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.classification import INTERNAL
from finobs.core.db.bulk import insert_many

from ..choices import CustomerKind, QuarantineReason, RecordKind
from ..models import Batch, Customer, CustomerProfile, Source
from ..records.fields import RecordField, external_id, iso_date, one_of
from ..records.kinds import KindDefinition, RecordOutcome, ValidRecord
from ..row_faults import RowFault
from .assertions import ProfileStanding, profile_digest, save_current, set_current, standings_of
from .profile import PROFILE_FIELDS, check_profile

ROW_FIELDS_OF_ITSELF: Final = ("external_id", "kind", "valid_from")
CUSTOMER_FIELDS: Final = (
    RecordField("external_id", "Id at the source", external_id, is_required=True, classification=INTERNAL),
    RecordField("kind", "Kind", one_of(CustomerKind.values), is_required=True, classification=INTERNAL),
    RecordField("valid_from", "Valid from", iso_date, classification=INTERNAL, is_date=True),
    *PROFILE_FIELDS,
)
# Somewhere it is tomorrow already.
MAX_DAYS_AHEAD: Final = timedelta(days=1)


def check(values: Mapping[str, Any]) -> None:
    check_profile(values["kind"], profile_of(values))
    check_not_ahead(values.get("valid_from"))


def check_not_ahead(valid_from: str | None) -> None:
    """What will be so once is not so yet: it comes in when it is. Raises RowFault."""
    if valid_from and date.fromisoformat(valid_from) > clock.now().date() + MAX_DAYS_AHEAD:
        raise RowFault(QuarantineReason.DATE, f"valid_from is {valid_from}, which is not yet.")


def profile_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The profile among the values of a row: what is there of it."""
    return {name: value for name, value in values.items() if name not in ROW_FIELDS_OF_ITSELF}


def apply(actor: User, batch: Batch, rows: Mapping[int, ValidRecord]) -> RecordOutcome:
    return _CustomerBatch(actor, batch).run(rows)


class _CustomerBatch:
    """One batch: `customers` by external id, `profiles` the assertions that its rows make, by the index of the row."""

    def __init__(self, actor: User, batch: Batch) -> None:
        self.actor, self.batch, self.source = actor, batch, batch.source
        self.outcome = RecordOutcome()
        self.customers: dict[str, Customer] = {}
        self.earlier: dict[int, list[ProfileStanding]] = {}
        self.profiles: dict[int, CustomerProfile] = {}
        self.assertions: dict[tuple[str, date], CustomerProfile] = {}

    def run(self, rows: Mapping[int, ValidRecord]) -> RecordOutcome:
        self.customers = existing_customers(self.source, {row.key for row in rows.values()})
        self.earlier = standings_of(each.pk for each in self.customers.values())
        for index, row in rows.items():
            self.read(index, row)
        self.save_customers()
        for profile in self.profiles.values():
            # A new customer has an id only now.
            profile.customer_id = profile.customer.pk
        profiles = insert_many(list(self.profiles.values()))
        pairs = zip(self.profiles, profiles, strict=True)
        self.outcome.accepted = {index: (each.pk, bytes(each.digest)) for index, each in pairs}
        return self.outcome

    def read(self, index: int, row: ValidRecord) -> None:
        """Make the row a new assertion, or say why it is none."""
        customer = self.customers.get(row.key)
        if customer is None:
            customer = self.customers[row.key] = self.new_customer(row)
        elif fault := refusal(customer, row):
            self.outcome.faults[index] = fault
            return
        profile, day = profile_of(row.values), row.values.get("valid_from")
        earlier = self.earlier.get(customer.pk, [])
        valid_from = date.fromisoformat(day) if day else self.batch.received_at.date()
        # Where no date is said it is today, and today what was said last of all still stands.
        dates = {valid_from} if day else {valid_from, *(each.valid_from for each in earlier[-1:])}
        digests = {each: profile_digest(self.source, customer, each, profile) for each in dates}
        same = next((each for each in earlier if digests.get(each.valid_from) == each.digest), None)
        if same is not None:
            self.outcome.duplicates[index] = same.pk
        elif other := self.assertions.get((row.key, valid_from)):
            self.compare(index, digests[valid_from], other)
        else:
            self.assertions[row.key, valid_from] = self.profiles[index] = CustomerProfile(
                customer=customer, valid_from=valid_from, recorded_at=self.batch.received_at,
                recorded_by=self.batch.actor, batch=self.batch, position=len(self.profiles),
                digest=digests[valid_from], profile=profile,
            )  # fmt: skip

    def compare(self, index: int, digest: bytes, other: CustomerProfile) -> None:
        if other.digest == digest:
            self.outcome.duplicates[index] = None
        else:
            self.outcome.faults[index] = RowFault(
                QuarantineReason.CONFLICT,
                f"external_id “{other.customer}” came with other content for {other.valid_from} earlier in the same "
                "batch; that one stays.",
            )

    def new_customer(self, row: ValidRecord) -> Customer:
        return Customer(
            source=self.source, external_id=row.key, unit_id=self.source.unit_id, kind=row.values["kind"],
            created_at=self.batch.received_at,
        )  # fmt: skip

    def save_customers(self) -> None:
        """Insert those that are new, and give the others what prevails of them now."""
        latest: dict[str, CustomerProfile] = {}
        for (key, valid_from), profile in self.assertions.items():
            if key not in latest or latest[key].valid_from < valid_from:
                latest[key] = profile
        changed = []
        for profile in latest.values():
            customer, earlier = profile.customer, self.earlier.get(profile.customer.pk, [])
            if earlier and earlier[-1].valid_from > profile.valid_from:
                continue
            set_current(customer, profile.profile)
            changed += [customer] if customer.pk else []
        new = [each for each in self.customers.values() if each.pk is None]
        history.bulk_create(new, actor=self.batch.actor, reason=f"Batch {self.batch.pk}")
        save_current(changed, actor=self.batch.actor, reason=f"Batch {self.batch.pk}")


def existing_customers(source: Source, external_ids: Iterable[str]) -> dict[str, Customer]:
    """Customers of a source by their external ids, locked in the order of their keys."""
    rows = Customer.objects.filter(source=source, external_id__in=sorted(external_ids))
    return {each.external_id: each for each in rows.select_for_update(of=("self",)).order_by("pk")}


def refusal(customer: Customer, row: ValidRecord) -> RowFault | None:
    """Why nothing more can be said of a customer who is there."""
    if customer.erased_at:
        day = f"{customer.erased_at:%Y-%m-%d}"
        return RowFault(QuarantineReason.ERASED, f"The customer “{row.key}” was erased on {day}; discard the row.")
    if customer.kind != row.values["kind"]:
        return RowFault(
            QuarantineReason.CONFLICT,
            f"kind is {row.values['kind']}, and the customer “{row.key}” is {customer.get_kind_display().lower()}.",
        )
    return None


DEFINITION: Final = KindDefinition(
    RecordKind.CUSTOMER, "customer", CUSTOMER_FIELDS, key_fields=("external_id",), check=check, apply=apply
)
