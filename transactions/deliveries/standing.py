"""How a delivery stands: a pure function of what its sender says it has, what is in, and the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from finobs.core import money

from ..choices import DeliveryFaultKind, DeliveryState


@dataclass(frozen=True, slots=True)
class Totals:
    """rows: how many. sums: whole minor units by currency."""

    rows: int = 0
    sums: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: int, sums: Mapping[str, str]) -> Totals:
        """As a delivery keeps them: sums as text."""
        return cls(rows, {currency: int(text) for currency, text in sums.items()})

    def with_more(self, more: Totals) -> Totals:
        currencies = sorted(self.sums.keys() | more.sums.keys())
        return Totals(
            self.rows + more.rows, {name: self.sums.get(name, 0) + more.sums.get(name, 0) for name in currencies}
        )

    def as_text(self) -> dict[str, str]:
        """The sums as a delivery keeps them."""
        return {currency: str(minor) for currency, minor in sorted(self.sums.items())}


@dataclass(frozen=True, slots=True)
class DeliveryStanding:
    """faults: what is wrong, in words, by its kind."""

    state: DeliveryState
    faults: Mapping[DeliveryFaultKind, str] = field(default_factory=dict)


def standing(
    control: Totals | None, received: Totals, *, needs_totals: bool, has_ended: bool, is_due: bool
) -> DeliveryStanding:
    """control: what the sender says it has; None where nothing was said. has_ended: whether they said that this is all.
    is_due: whether the cut-off has passed."""
    if control is None:
        return _without_control(received, needs_totals=needs_totals, has_ended=has_ended, is_due=is_due)
    over, under = list(_differences(control, received, more=True)), list(_differences(control, received, more=False))
    faults = {}
    if over:
        faults[DeliveryFaultKind.OVER] = f"More than its control totals: {'; '.join(over)}."
    if under and received.rows and (has_ended or is_due):
        faults[DeliveryFaultKind.SHORT] = f"Less than its control totals: {'; '.join(under)}."
    if under and is_due:
        what = "has not all come" if received.rows else "has not come"
        faults[DeliveryFaultKind.LATE] = f"It {what} by its cut-off."
    return DeliveryStanding(_state(received, faults, is_complete=not over and not under), faults)


def _without_control(received: Totals, *, needs_totals: bool, has_ended: bool, is_due: bool) -> DeliveryStanding:
    if has_ended and not needs_totals:
        return DeliveryStanding(DeliveryState.COMPLETE)
    if not is_due:
        return DeliveryStanding(DeliveryState.INCOMPLETE if received.rows or has_ended else DeliveryState.EXPECTED)
    if not received.rows and not has_ended:
        why = "It has not come by its cut-off."
    elif needs_totals:
        why = "Its control totals have not come by its cut-off."
    else:
        why = "By its cut-off nobody had said that what came is all."
    return DeliveryStanding(DeliveryState.LATE, {DeliveryFaultKind.LATE: why})


def _state(received: Totals, faults: Mapping[DeliveryFaultKind, str], *, is_complete: bool) -> DeliveryState:
    if is_complete:
        return DeliveryState.COMPLETE
    for kind, state in (
        (DeliveryFaultKind.OVER, DeliveryState.OVER),
        (DeliveryFaultKind.SHORT, DeliveryState.SHORT),
        (DeliveryFaultKind.LATE, DeliveryState.LATE),
    ):
        if kind in faults:
            return state
    return DeliveryState.INCOMPLETE if received.rows else DeliveryState.EXPECTED


def _differences(control: Totals, received: Totals, *, more: bool) -> Iterator[str]:
    """In words, what is more than it should be, or less."""
    rows = received.rows - control.rows
    if rows and (rows > 0) == more:
        yield f"{abs(rows):,} row{'' if abs(rows) == 1 else 's'} ({received.rows:,} of {control.rows:,})"
    for currency in sorted(control.sums.keys() | received.sums.keys()):
        # Where a sender names no sums, rows alone are compared.
        if not control.sums:
            return
        is_, should = received.sums.get(currency, 0), control.sums.get(currency, 0)
        if is_ != should and (is_ > should) == more:
            words = (money.to_decimal(each, currency) for each in (abs(is_ - should), is_, should))
            yield "{:,} {currency} ({:,} of {:,})".format(*words, currency=currency)
