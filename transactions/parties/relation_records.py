"""The kind of record that says what one customer is to another."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final

from finobs.accounts.models import User
from finobs.core.classification import INTERNAL

from ..choices import QuarantineReason, RecordKind, RelationKind
from ..models import Batch, PartyRelation
from ..records.fields import RecordField, external_id, one_of, share
from ..records.kinds import KindDefinition, RecordOutcome, ValidRecord
from ..row_faults import RowFault
from .assertions import tie_digest
from .tie_records import PERIOD_FIELDS, TieBatch, check_period, period

RELATION_FIELDS: Final = (
    RecordField("customer", "Customer", external_id, is_required=True, classification=INTERNAL),
    RecordField("other", "Other customer", external_id, is_required=True, classification=INTERNAL),
    RecordField("kind", "Kind", one_of(RelationKind.values), is_required=True, classification=INTERNAL),
    RecordField("share", "Share in per cent", share, classification=INTERNAL),
    *PERIOD_FIELDS,
)


class _RelationBatch(TieBatch[PartyRelation]):
    def customer_ids(self, row: ValidRecord) -> list[str]:
        return [row.values["customer"], row.values["other"]]

    def tie(self, row: ValidRecord) -> PartyRelation:
        valid_from, valid_until = period(row.values)
        return PartyRelation(
            customer=self.customers[row.values["customer"]], other=self.customers[row.values["other"]],
            kind=row.values["kind"], share=row.values.get("share"), valid_from=valid_from, valid_until=valid_until,
        )  # fmt: skip

    def earlier(self, ties: Iterable[PartyRelation]) -> Iterable[PartyRelation]:
        customers = {each.customer_id for each in ties}
        return PartyRelation.objects.filter(customer__in=customers).select_for_update(of=("self",)).order_by("pk")

    def key(self, tie: PartyRelation) -> Hashable:
        return tie.customer_id, tie.other_id, tie.kind

    def content(self, tie: PartyRelation) -> Hashable:
        return tie.valid_until, tie.share

    def digest(self, tie: PartyRelation) -> bytes:
        return relation_digest(tie)


def relation_digest(tie: PartyRelation) -> bytes:
    customer, other = tie.customer, tie.other
    return tie_digest(customer.salt, tie.kind, customer.external_id, other.external_id, tie, share=tie.share)


def apply(actor: User, batch: Batch, rows: Mapping[int, ValidRecord]) -> RecordOutcome:
    return _RelationBatch(actor, batch).run(rows)


def check(values: Mapping[str, Any]) -> None:
    """Raises RowFault for what cannot be between these two."""
    check_period(values)
    if values["customer"] == values["other"]:
        raise RowFault(QuarantineReason.REFERENCE, f"{values['customer']} is tied to nobody but itself.")
    if values["kind"] == RelationKind.HOUSEHOLD and "share" in values:
        raise RowFault(QuarantineReason.WORD, "A share is of what is owned or controlled; a household has none.")


DEFINITION: Final = KindDefinition(
    RecordKind.RELATION, "relation", RELATION_FIELDS, key_fields=("customer", "other", "kind"), check=check, apply=apply
)
