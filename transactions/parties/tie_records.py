"""What account parties and relations share as records: a tie between two things, said from one date to another."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from typing import Any, Final, Generic, TypeVar

from finobs.accounts.models import User
from finobs.core.classification import INTERNAL
from finobs.core.db.bulk import insert_many

from ..choices import QuarantineReason
from ..models import Batch, Customer
from ..models.customers import Tie
from ..records.fields import RecordField, iso_date
from ..records.kinds import RecordOutcome, ValidRecord
from ..row_faults import RowFault, quoted
from .customer_records import existing_customers

T = TypeVar("T", bound=Tie)
PERIOD_FIELDS: Final = (
    RecordField("valid_from", "From", iso_date, is_required=True, classification=INTERNAL, is_date=True),
    RecordField("valid_until", "Until", iso_date, classification=INTERNAL, is_date=True),
)


def check_period(values: Mapping[str, Any]) -> None:
    """Raises RowFault for an end before its beginning."""
    until = values.get("valid_until")
    if until and until < values["valid_from"]:
        raise RowFault(QuarantineReason.DATE, f"valid_until is {until}, before valid_from, {values['valid_from']}.")


def period(values: Mapping[str, Any]) -> tuple[date, date | None]:
    until = values.get("valid_until")
    return date.fromisoformat(values["valid_from"]), date.fromisoformat(until) if until else None


class TieBatch(Generic[T]):
    """One batch of ties. A subclass says what a row ties, and what was said of the same before.

    A row that says anew what stands, or stood before it was corrected, is known; one that says something else of the
    same tie from the same date withdraws what stands.
    """

    def __init__(self, actor: User, batch: Batch) -> None:
        self.actor, self.batch, self.source = actor, batch, batch.source
        self.outcome = RecordOutcome()
        self.customers: dict[str, Customer] = {}
        self.ties: dict[int, T] = {}

    def customer_ids(self, row: ValidRecord) -> list[str]:
        """The external ids of the customers that the row names."""
        raise NotImplementedError

    def prepare(self, rows: Iterable[ValidRecord]) -> None:
        """Read what else the rows name."""

    def tie(self, row: ValidRecord) -> T:
        """The row as an assertion that is not saved."""
        raise NotImplementedError

    def earlier(self, ties: Iterable[T]) -> Iterable[T]:
        """What was said before between any of these, withdrawn or not, locked."""
        raise NotImplementedError

    def key(self, tie: T) -> Hashable:
        """What it is about: the two and their role or kind."""
        raise NotImplementedError

    def content(self, tie: T) -> Hashable:
        """What it says of that."""
        return tie.valid_until

    def digest(self, tie: T) -> bytes:
        raise NotImplementedError

    def run(self, rows: Mapping[int, ValidRecord]) -> RecordOutcome:
        names = {name for row in rows.values() for name in self.customer_ids(row)}
        self.customers = existing_customers(self.source, names)
        sound = {index: row for index, row in rows.items() if not self.refuse(index, row)}
        self.prepare(sound.values())
        ties = {index: self.tie(row) for index, row in sound.items()}
        earlier: dict[Hashable, list[T]] = {}
        for each in self.earlier(ties.values()):
            earlier.setdefault((self.key(each), each.valid_from), []).append(each)
        withdrawn = [old for index, each in ties.items() for old in self.read(index, each, earlier)]
        self.save(withdrawn)
        return self.outcome

    def refuse(self, index: int, row: ValidRecord) -> bool:
        for name in self.customer_ids(row):
            customer = self.customers.get(name)
            if customer is None:
                self.fault(
                    index, QuarantineReason.REFERENCE,
                    f"The source has no customer {quoted(name)}: bring the customers in first, then release the row.",
                )  # fmt: skip
                return True
            if customer.erased_at:
                self.fault(index, QuarantineReason.ERASED, f"The customer {quoted(name)} was erased; discard the row.")
                return True
        return False

    def read(self, index: int, tie: T, earlier: dict[Hashable, list[T]]) -> list[T]:
        """Make it a new assertion, or say why it is none; what it withdraws."""
        same = earlier.setdefault((self.key(tie), tie.valid_from), [])
        repeat = next((each for each in same if self.content(each) == self.content(tie)), None)
        if repeat is not None:
            self.outcome.duplicates[index] = repeat.pk
            return []
        if any(each.pk is None for each in same):
            self.fault(
                index, QuarantineReason.CONFLICT,
                f"The same from {tie.valid_from} came with another end or share earlier in the same batch; that stays.",
            )  # fmt: skip
            return []
        standing = [each for each in same if each.withdrawn_at is None]
        same.append(tie)
        tie.recorded_at, tie.recorded_by, tie.batch = self.batch.received_at, self.batch.actor, self.batch
        tie.position = len(self.ties)
        tie.digest = self.digest(tie)
        self.ties[index] = tie
        return standing

    def save(self, withdrawn: list[T]) -> None:
        for each in withdrawn:
            each.withdrawn_at, each.withdrawn_by = self.batch.received_at, self.batch.actor
        if withdrawn:
            manager = type(withdrawn[0])._default_manager
            manager.bulk_update(withdrawn, ["withdrawn_at", "withdrawn_by"], batch_size=500)
        rows = zip(self.ties, insert_many(list(self.ties.values())), strict=True)
        self.outcome.accepted = {index: (each.pk, bytes(each.digest)) for index, each in rows}

    def fault(self, index: int, reason: QuarantineReason, detail: str) -> None:
        self.outcome.faults[index] = RowFault(reason, detail)
