"""What differs from one kind of job to the next, and the registry of kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Generic, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from ..db.failures import text_without_values
from ..errors import FinobsError, Invalid
from .models import LeasedJob
from .progress import ProgressCallback

J = TypeVar("J", bound=LeasedJob)
R = TypeVar("R")


class JobKind(ABC, Generic[J, R]):
    """How jobs of `model` are worked. `task` names the Celery task that takes an id and calls `worker.work`."""

    model: type[J]
    task: str

    @abstractmethod
    def run(self, job: J, progress: ProgressCallback) -> R:
        """Do the work; what it returns goes to `complete`. Holds no lock, and may take long.

        Calls `progress` more often than `LeasedJob.LEASE`: each call renews the lease, and raises LeaseLost when the
        job is not this worker's any more. A part-wise job writes each part in a transaction of its own that begins with
        `lease.lock(job)`. Raises FinobsError for what the job is refused; it fails with those words.
        """

    def complete(self, job: J, result: R) -> None:
        """Write what came of it, in the transaction that ends `job`, whose row is locked: however many workers, once.

        `job` is saved afterwards. Raises FinobsError as `run`.
        """

    @abstractmethod
    def record(self, job: J, verb: str, actor: Any | None, data: Mapping[str, str]) -> None:
        """Record that `actor` (None: finobs itself) did `verb` ("cancel", "retry" or "fail") to `job` in the ledger."""

    def prepare_retry(self, job: J) -> None:
        """Change what a retried job must not take over from before; it is saved afterwards."""

    def retry_delay(self, job: J, error: Exception) -> timedelta | None:
        """After how long a job that ended with `error` is tried again by itself; None: it has failed."""
        return None

    def reason(self, job: J, error: Exception) -> str:
        """What people are told of `error`: refusals in their own words, mistakes of ours without their inside."""
        if isinstance(error, Invalid) and error.fields:
            return " ".join(text for texts in error.fields.values() for text in texts)
        if isinstance(error, FinobsError):
            return error.detail
        if isinstance(error, OperationalError):
            return f"The database refused to go on with it: {text_without_values(error)}. Try again later."
        return f"finobs made a mistake. The log of the worker says what went wrong in {job}."


_kinds: dict[type[LeasedJob], JobKind[Any, Any]] = {}


def register(kind: JobKind[Any, Any]) -> None:
    """Let jobs of `kind.model` be worked and woken. Called from AppConfig.ready()."""
    _kinds[kind.model] = kind


def registered() -> tuple[JobKind[Any, Any], ...]:
    return tuple(_kinds.values())


def kind_of(job: J) -> JobKind[J, Any]:
    try:
        return _kinds[type(job)]
    except KeyError:
        raise ImproperlyConfigured(f"no kind of job is registered for {job._meta.label}") from None
