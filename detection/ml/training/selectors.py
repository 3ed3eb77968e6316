"""Every read of training runs: the rows that `user` may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from finobs.core import access, clock
from finobs.core.errors import Invalid
from finobs.core.jobs.choices import OPEN_STATES
from finobs.core.reads import first_or_not_found
from transactions.models import Source, Transaction
from transactions.selectors import sources_visible

from ...models import ModelVersion, TrainingRun


def training_runs(user: Any) -> QuerySet[TrainingRun]:
    access.require(user, "view", TrainingRun)
    rows = access.restrict(TrainingRun.objects.all(), user, "view")
    return rows.select_related("requested_by", "source", "model_version").defer("model_version__artefact")


def training_open(user: Any) -> list[TrainingRun]:
    """Runs that wait or run: at most one of each role."""
    return list(training_runs(user).filter(state__in=OPEN_STATES))


def training_get(user: Any, pk: int) -> TrainingRun:
    """Raises NotFound."""
    return first_or_not_found(training_runs(user).filter(pk=pk))


def training_sources(user: Any) -> QuerySet[Source]:
    """What a model may be trained on. Raises NotAllowed for who may not train."""
    access.require(user, "train", ModelVersion)
    return sources_visible(user)


def transactions_visible(user: Any, source: Source | None) -> QuerySet[Transaction]:
    """What a model of `user` may learn from, of one source or of all."""
    rows = access.restrict(Transaction.objects.all(), user, "view")
    return rows if source is None else rows.filter(source=source)


def newest_transaction_at(user: Any, source: Source | None) -> datetime:
    """When the newest transaction occurred, but not after now. Raises Invalid if there is none."""
    newest: datetime | None = transactions_visible(user, source).aggregate(at=Max("occurred_at"))["at"]
    if newest is None:
        raise Invalid("There are no transactions to learn from.")
    return min(newest, clock.now())


def may_train(user: Any) -> bool:
    return access.allowed(user, "train", ModelVersion)
