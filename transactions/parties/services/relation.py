from __future__ import annotations

from datetime import date

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import Invalid
from finobs.core.reasons import require_reason
from finobs.core.service import service

from ...choices import RelationKind
from ...models import Customer, PartyRelation
from ...models.customers import WHOLE_SHARE
from .ties import add_tie, end_tie, lock_customer, withdraw_tie


@service
def relation_add(
    *, actor: User, customer: Customer, other: Customer, kind: str, share: int | None = None, valid_from: date,
    valid_until: date | None = None, reason: str, version: int | None = None,
) -> PartyRelation:  # fmt: skip
    """Say what a customer is to another from a day on. `version` is of `customer`. share: in basis points.

    Who may: `compliance:resolve`, who see both. Records `relation.add`. Raises NotFound, NotAllowed, Stale, Conflict
    where it stands already, InvalidTransition for a customer who was erased, Invalid.
    """
    locked = lock_customer(actor, customer, "tie", version)
    access.require(actor, "view", other)
    reason = require_reason(reason)
    _check(locked, other, kind, share)
    relation = PartyRelation(
        customer=locked, other=other, kind=kind, share=share, valid_from=valid_from, valid_until=valid_until
    )  # fmt: skip
    return add_tie(relation, actor=actor, reason=reason, action="relation.add")


@service
def relation_end(*, actor: User, relation: PartyRelation, valid_until: date, reason: str) -> PartyRelation:
    """Say until when a relation held: what was said is withdrawn, and said anew with its end.

    Who may: `compliance:resolve`, who see both. Records `relation.end`. Raises NotFound, NotAllowed, Invalid,
    InvalidTransition for what does not stand any more.
    """
    return end_tie(relation, actor=actor, valid_until=valid_until, reason=reason, action="relation.end")


@service
def relation_withdraw(*, actor: User, relation: PartyRelation, reason: str) -> PartyRelation:
    """Say that a relation never held. A file that says it again takes nothing back.

    Who may: `compliance:resolve`, who see both. Records `relation.withdraw`. Raises NotFound, NotAllowed, Invalid
    without a reason, InvalidTransition for what does not stand any more.
    """
    return withdraw_tie(relation, actor=actor, reason=reason, action="relation.withdraw")


def _check(customer: Customer, other: Customer, kind: str, share: int | None) -> None:
    errors: dict[str, list[str]] = {}
    if kind not in RelationKind.values:
        errors["kind"] = [f"{kind[:40]!r} is no kind of relation."]
    if other.pk == customer.pk:
        errors["other"] = ["A customer is tied to somebody else."]
    elif other.source_id != customer.source_id:
        errors["other"] = ["The two are of different sources."]
    elif other.erased_at:
        errors["other"] = ["They were erased."]
    if share is not None and kind == RelationKind.HOUSEHOLD:
        errors["share"] = ["A household has no share."]
    elif share is not None and not 0 <= share <= WHOLE_SHARE:
        errors["share"] = ["A share is 0 to 100 per cent."]
    if errors:
        raise Invalid(fields=errors)
