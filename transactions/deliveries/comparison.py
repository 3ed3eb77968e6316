"""A delivery compared anew with what was announced: its state, and the faults that begin and end with it."""

from __future__ import annotations

from datetime import datetime

from finobs.accounts.models import User
from finobs.core import history
from finobs.core.reads import first_or_not_found
from finobs.ledger.services import record

from .. import hooks
from ..choices import DeliveryFaultKind, DeliveryState
from ..models import Delivery, DeliveryFault
from .standing import DeliveryStanding, Totals, standing

# What a delivery that becomes complete leaves open: the same file again is no matter of totals.
COMPARED_KINDS = (DeliveryFaultKind.LATE, DeliveryFaultKind.SHORT, DeliveryFaultKind.OVER)


def lock_delivery(pk: int) -> Delivery:
    """The delivery with its schedule and source, locked until the commit. Raises NotFound."""
    rows = Delivery.objects.select_related("schedule__source").select_for_update(of=("self",))
    return first_or_not_found(rows.filter(pk=pk))


def standing_of(delivery: Delivery, at: datetime) -> DeliveryStanding:
    """How it stands at a moment."""
    control = None
    if delivery.control_rows is not None:
        control = Totals.of(delivery.control_rows, delivery.control_sums)
    return standing(
        control,
        Totals.of(delivery.received_rows, delivery.received_sums),
        needs_totals=delivery.schedule.needs_totals,
        has_ended=delivery.ended_at is not None,
        is_due=delivery.due_at <= at,
    )


def compare(delivery: Delivery, *, actor: User, at: datetime, fields: set[str]) -> None:
    """Save `fields` of a locked delivery, and how it stands with them; raise and settle its faults.

    Records `delivery.fault_raise` and `delivery.fault_settle`; what the fields say is for the caller to record, first
    or afterwards, of the same instance.
    """
    result = standing_of(delivery, at)
    delivery.state = result.state
    is_complete = result.state == DeliveryState.COMPLETE
    delivery.completed_at = (delivery.completed_at or at) if is_complete else None
    names = None if delivery._state.adding else {*fields, "state", "completed_at"}
    history.save(delivery, actor=actor, fields=names)
    open_faults = {
        fault.kind: fault for fault in delivery.faults.filter(settled_at=None).select_for_update().order_by("id")
    }
    for kind, detail in result.faults.items():
        _raise(delivery, open_faults.get(kind), kind, detail, actor, at)
    for kind in COMPARED_KINDS:
        if kind in open_faults and kind not in result.faults:
            settle(open_faults[kind], actor=actor, at=at, reason="It agrees with what is in now.")


def raise_fault(delivery: Delivery, kind: DeliveryFaultKind, detail: str, *, actor: User, at: datetime) -> None:
    """Say that something is wrong, if it has not been said yet. Records `delivery.fault_raise`."""
    existing = delivery.faults.filter(settled_at=None, kind=kind).select_for_update().first()
    _raise(delivery, existing, kind, detail, actor, at)


def _raise(
    delivery: Delivery, existing: DeliveryFault | None, kind: DeliveryFaultKind, detail: str, actor: User, at: datetime
) -> None:
    if existing is not None and existing.detail == detail:
        return
    fault = existing or DeliveryFault(delivery=delivery, kind=kind, raised_at=at)
    fault.detail = detail
    history.save(fault, actor=actor, fields=None if existing is None else {"detail"})
    data = {"delivery": str(delivery.pk), "kind": str(kind), "detail": detail}
    record(actor=actor, action="delivery.fault_raise", subject=fault, data=data)
    if existing is None:
        hooks.fault_raised(fault)


def settle(fault: DeliveryFault, *, actor: User, at: datetime, reason: str) -> None:
    """End a locked fault. Records `delivery.fault_settle`."""
    fault.settled_at, fault.settled_by, fault.settled_reason = at, actor, reason
    history.save(fault, actor=actor, reason=reason, fields={"settled_at", "settled_by", "settled_reason"})
    data = {"delivery": str(fault.delivery_id), "kind": fault.kind, "reason": reason}
    record(actor=actor, action="delivery.fault_settle", subject=fault, data=data)
