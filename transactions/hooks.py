"""What upper apps register here: the one assessor of new transactions, and counters for reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from finobs.accounts.models import User

    from .import_cache import ImportCache
    from .models import Batch, Customer, Delivery, DeliveryFault, Source, Transaction


# How many of something the transactions of these batches led to.
BatchCounter = Callable[[Sequence[int]], int]
# Sentences that say why a customer, with these accounts (ids), may not be erased yet.
ErasureObstacle = Callable[["Customer", Sequence[int]], Sequence[str]]


class Eraser(Protocol):
    """Overwrites what an upper app holds of a customer; returns in how many of its rows."""

    def __call__(self, *, actor: User, customer: Customer) -> int: ...


class FaultListener(Protocol):
    """Is told of each new fault of a delivery, in the transaction that raises it."""

    def __call__(self, *, fault: DeliveryFault) -> object: ...


class DeliveryLocation(NamedTuple):
    """Where faults of a delivery are being worked: what to call it and its address."""

    label: str
    url: str


class AssessmentResult(NamedTuple):
    """What the assessor made of one transaction. `evidence` is handed back as it is to whoever called `ingest`."""

    transaction_id: int
    outcome: str
    score: float | None = None
    alert_id: int | None = None
    evidence: object = None


class Assessor(Protocol):
    def __call__(
        self, *, batch: Batch, transactions: Sequence[Transaction], prepared: Any, cache: ImportCache | None
    ) -> Sequence[AssessmentResult]: ...


# Asks for what the assessor needs to know of a source, in one go with what `ingest` does next.
AssessmentPreparation = Callable[["Source"], object]

_assessor: Assessor | None = None
_assessment_preparation: AssessmentPreparation | None = None
# Account and unit, by their ids: why the account cannot move there, or "".
AccountCheck = Callable[[int, int], str]
_account_checks: list[AccountCheck] = []
_counters: dict[str, BatchCounter] = {}
_preparations: list[Callable[[], None]] = []
_erasure_obstacles: list[ErasureObstacle] = []
_erasers: dict[str, Eraser] = {}
_source_preparations: list[Callable[[], None]] = []
_fault_listeners: list[FaultListener] = []
_delivery_locator: Callable[[Any, Delivery], list[DeliveryLocation]] | None = None


def register_assessor(function: Assessor, prepare: AssessmentPreparation | None = None) -> None:
    """Install the one decision path. Called by `detection` when it starts."""
    global _assessor, _assessment_preparation
    _assessor, _assessment_preparation = function, prepare


def prepare_assessment(source: Source) -> object:
    """Called in the transaction that accepts rows, before they go in; what it returns is for `assess`."""
    return _assessment_preparation(source) if _assessment_preparation else None


def assess(
    *, batch: Batch, transactions: Sequence[Transaction], prepared: object = None, cache: ImportCache | None = None
) -> Sequence[AssessmentResult]:
    """Assess newly accepted rows, in the transaction that accepts them.

    prepared: what `prepare_assessment` gave. cache: of the import that they are of.

    Raises ImproperlyConfigured without an assessor, or if it left a row out: nothing comes in unassessed.
    """
    if _assessor is None:
        raise ImproperlyConfigured("no assessor is registered: nothing may come in unassessed")
    results = _assessor(batch=batch, transactions=transactions, prepared=prepared, cache=cache)
    if {result.transaction_id for result in results} != {row.id for row in transactions}:
        raise ImproperlyConfigured("the assessor did not answer for every transaction")
    return results


def register_preparation(prepare: Callable[[], None]) -> None:
    """Let an upper app get ready between the batches of an import, outside their transactions."""
    _preparations.append(prepare)


def prepare() -> None:
    """Called before the first batch of an import, and after each."""
    for each in _preparations:
        each()


def register_source_preparation(prepare: Callable[[], None]) -> None:
    """Let an upper app get ready for a new source, in the transaction that makes it."""
    _source_preparations.append(prepare)


def prepare_source() -> None:
    """Called by the one service that makes sources, before anything can come in from the new one."""
    for each in _source_preparations:
        each()


def register_erasure_obstacle(obstacle: ErasureObstacle) -> None:
    """Let an upper app say why a customer may not be erased yet (there is an open case)."""
    _erasure_obstacles.append(obstacle)


def erasure_obstacles(customer: Customer, account_ids: Sequence[int]) -> list[str]:
    """Why a customer with these accounts may not be erased yet, in sentences; empty when they may."""
    return [text for obstacle in _erasure_obstacles for text in obstacle(customer, account_ids)]


def register_eraser(name: str, erase: Eraser) -> None:
    """Let an upper app erase with a customer what its rows (`name`: "alerts") say of them."""
    _erasers[name] = erase


def erase(actor: User, customer: Customer) -> dict[str, int]:
    """Called in the transaction that erases a customer: in how many rows of what something was overwritten."""
    return {name: each(actor=actor, customer=customer) for name, each in _erasers.items()}


def register_counter(name: str, count: BatchCounter) -> None:
    """Let an import report how many `name` ("alerts", "incidents") its own batches led to."""
    _counters[name] = count


def counts(batch_ids: Sequence[int]) -> dict[str, int]:
    """How many of everything that is counted these batches led to, whatever else comes in meanwhile."""
    return {name: count(batch_ids) for name, count in _counters.items()}


def register_account_check(check: AccountCheck) -> None:
    """Let an upper app say why an account cannot move to another unit."""
    _account_checks.append(check)


def why_account_stays(account_id: int, unit_id: int) -> str:
    """Why an account cannot move to a unit; "" if it can."""
    return next(filter(None, (check(account_id, unit_id) for check in _account_checks)), "")


def register_fault_listener(listener: FaultListener) -> None:
    """Let an upper app bring faults of deliveries to people."""
    _fault_listeners.append(listener)


def fault_raised(fault: DeliveryFault) -> None:
    """Called by the one place that raises faults, for each new one."""
    for listener in _fault_listeners:
        listener(fault=fault)


def register_delivery_locator(locator: Callable[[Any, Delivery], list[DeliveryLocation]]) -> None:
    """Let an upper app say where the faults of a delivery are being worked, as far as somebody may see it."""
    global _delivery_locator
    _delivery_locator = locator


def delivery_locations(user: Any, delivery: Delivery) -> list[DeliveryLocation]:
    """Where the faults of a delivery are being worked, the newest first."""
    return _delivery_locator(user, delivery) if _delivery_locator is not None else []
