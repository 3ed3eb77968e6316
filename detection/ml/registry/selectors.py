"""Every read of model versions: the rows that `user` may see."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from finobs.core import access
from finobs.core.identity import attach_history_users
from finobs.core.reads import first_or_not_found

from ...models import ModelVersion


def models_visible(user: Any) -> QuerySet[ModelVersion]:
    access.require(user, "view", ModelVersion)
    rows = access.restrict(ModelVersion.objects.all(), user, "view")
    return rows.select_related("created_by").defer("artefact")


def model_get(user: Any, pk: int) -> ModelVersion:
    """Raises NotFound."""
    return first_or_not_found(models_visible(user).filter(pk=pk))


def model_stages(user: Any, version: ModelVersion) -> list[Any]:
    """Each stage that a version was at, the newest first: rows of its history with who (as of then), when and why."""
    access.require(user, "view", version)
    stages: list[Any] = []
    for row in version.history.order_by("history_date", "history_id"):
        if not stages or row.stage != stages[-1].stage:
            stages.append(row)
    attach_history_users(stages)
    return stages[::-1]


def may_configure(user: Any) -> bool:
    return access.allowed(user, "change", ModelVersion)
