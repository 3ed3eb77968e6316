"""What upper apps register here: the one assessor of new transactions, and counters for reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from .models import Batch, Transaction


# How many of something the transactions of these batches led to.
BatchCounter = Callable[[Sequence[int]], int]


@dataclass(frozen=True, slots=True)
class AssessmentResult:
    """What the assessor made of one transaction. `evidence` is handed back as it is to whoever called `ingest`."""

    transaction_id: int
    outcome: str
    score: float | None = None
    alert_id: int | None = None
    evidence: object = None


class Assessor(Protocol):
    def __call__(self, *, batch: Batch, transactions: Sequence[Transaction]) -> Sequence[AssessmentResult]: ...


_assessor: Assessor | None = None
_counters: dict[str, BatchCounter] = {}
_preparations: list[Callable[[], None]] = []
_source_preparations: list[Callable[[], None]] = []


def register_assessor(function: Assessor) -> None:
    """Install the one decision path. Called by `detection` when it starts."""
    global _assessor
    _assessor = function


def assess(*, batch: Batch, transactions: Sequence[Transaction]) -> Sequence[AssessmentResult]:
    """Assess newly accepted rows, in the transaction that accepts them.

    Raises ImproperlyConfigured without an assessor, or if it left a row out: nothing comes in unassessed.
    """
    if _assessor is None:
        raise ImproperlyConfigured("no assessor is registered: nothing may come in unassessed")
    results = _assessor(batch=batch, transactions=transactions)
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


def register_counter(name: str, count: BatchCounter) -> None:
    """Let an import report how many `name` ("alerts", "cases") its own batches led to."""
    _counters[name] = count


def counts(batch_ids: Sequence[int]) -> dict[str, int]:
    """How many of everything that is counted these batches led to, whatever else comes in meanwhile."""
    return {name: count(batch_ids) for name, count in _counters.items()}
