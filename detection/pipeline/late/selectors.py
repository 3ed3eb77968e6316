"""Every read of what late transactions touched: the rows that `user` may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet, Sum

from finobs.core import access
from finobs.core.errors import NotFound
from finobs.core.reads import first_or_not_found
from transactions.models import Batch

from ...models import LateBatch, Reassessment, ReassessmentRun


def reassessments_visible(user: Any) -> QuerySet[Reassessment]:
    """What was made of transactions once late ones were known. Raises NotAllowed as for assessments."""
    access.require(user, "view", Reassessment)
    rows = access.restrict(Reassessment.objects.all(), user, "view")
    return rows.select_related(
        "transaction__account", "version_before", "model_version", "anomaly_version"
    ).defer(
        "features", *(f"{name}__artefact" for name in ("version_before", "model_version", "anomaly_version")),
        *(f"{name}__metrics" for name in ("version_before", "model_version", "anomaly_version")),
    )  # fmt: skip


def reassessments_of(user: Any, transaction_id: int) -> list[Reassessment]:
    """Of one transaction, the newest first."""
    return list(reassessments_visible(user).filter(transaction_id=transaction_id).order_by("-pk"))


def reassessment_runs(user: Any) -> QuerySet[ReassessmentRun]:
    """Runs that looked again, or will. Raises NotAllowed as for assessments."""
    access.require(user, "view", ReassessmentRun)
    return access.restrict(ReassessmentRun.objects.all(), user, "view").select_related("requested_by", "source")


def reassessment_run_get(user: Any, pk: int) -> ReassessmentRun:
    """Raises NotFound."""
    return first_or_not_found(reassessment_runs(user).filter(pk=pk))


def reassessment_run_counts(user: Any, run: ReassessmentRun) -> dict[str, int]:
    """Of the late batches that a run is about: how many, and the sums of what each touched."""
    names = ("late", "touched", "left_out", "changed", "raised")
    rows = access.restrict(run.late_batches.all(), user, "view")
    return rows.aggregate(batches=Count("pk"), **{name: Sum(name, default=0) for name in names})


def late_batch_of(user: Any, batch_id: int) -> LateBatch | None:
    """What the late transactions of a batch touched; None if there were none. Raises NotFound for no such batch."""
    access.require(user, "view", LateBatch)
    if not access.restrict(Batch.objects.filter(pk=batch_id), user, "view").exists():
        raise NotFound
    rows = access.restrict(LateBatch.objects.filter(pk=batch_id), user, "view")
    return rows.select_related("run").first()
