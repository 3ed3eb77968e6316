"""The same model at another threshold: a version of its own, set from what people have time for."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.utils.formats import date_format

from finobs.accounts.models import User
from finobs.core import access, history
from finobs.core.errors import Invalid, NotFound
from finobs.core.reasons import require_reason
from finobs.core.service import service
from finobs.ledger.services import record

from ..choices import ModelStage
from ..models import ModelVersion
from . import selectors
from .window import Window

if TYPE_CHECKING:
    from .capacity import CapacityReport
    from .thresholds import ThresholdLevel

# What a parent was measured at, or asked for, at its own threshold: not true of another one.
OF_THE_SHARE = frozenset({"share", "precision", "recall"})


def model_threshold_set(
    *, actor: User, version: ModelVersion, alerts_a_day: float, window: Window, reason: str
) -> ModelVersion:
    """Make a candidate of the same artefact whose threshold gives `alerts_a_day` alerts on the window's scores.

    It decides nothing until it is promoted like any other. Asking for the same again is answered with the same
    candidate. The scores are read before the transaction, so that nobody waits for it. Who may: `model:config`.
    Records `model.threshold_set`. Raises NotFound, NotAllowed, and Invalid where it would flag nothing, or nearly
    everything, or just what it flags now.
    """
    access.require(actor, "change", version)
    reason = require_reason(reason)
    report = selectors.capacity_report(actor, version, window, alerts_a_day)
    if report.refusal or report.chosen is None:
        raise Invalid(fields={"alerts_a_day": [report.refusal]})
    return _model_threshold_set(actor=actor, report=report, chosen=report.chosen, reason=reason)


@service
def _model_threshold_set(*, actor: User, report: CapacityReport, chosen: ThresholdLevel, reason: str) -> ModelVersion:
    locked = ModelVersion.objects.select_for_update(of=("self",)).filter(pk=report.version.pk).first()
    if locked is None:
        raise NotFound
    access.require(actor, "change", locked)
    if chosen.threshold == locked.threshold:
        raise Invalid(fields={"alerts_a_day": [f"This is its threshold already: {locked.threshold:.6f}."]})
    asked_before = ModelVersion.objects.filter(
        sha256=locked.sha256, role=locked.role, stage=ModelStage.CANDIDATE, threshold=chosen.threshold,
        alerts_a_day=report.target,
    )  # fmt: skip
    return asked_before.first() or _make(actor, locked, report, chosen, reason)


def _make(
    actor: User, parent: ModelVersion, report: CapacityReport, chosen: ThresholdLevel, reason: str
) -> ModelVersion:
    newest = ModelVersion.objects.filter(kind=parent.kind).aggregate(number=Max("number"))["number"] or 0
    expected = _expected(report, chosen)
    candidate = ModelVersion(
        role=parent.role, kind=parent.kind, number=newest + 1, parent=parent, feature_set=parent.feature_set,
        parameters=_without_share(parent.parameters), training_rows=parent.training_rows,
        trained_from=parent.trained_from, trained_to=parent.trained_to, threshold=chosen.threshold,
        alerts_a_day=report.target, created_by=actor, artefact=bytes(parent.artefact), sha256=parent.sha256,
        metrics={**_without_share(parent.metrics), **_scores(report, chosen), "capacity": expected},
    )  # fmt: skip
    history.save(candidate, actor=actor, reason=reason)
    data: dict[str, Any] = {
        "model": str(candidate), "parent": str(parent), "sha256": candidate.sha256,
        "threshold": repr(candidate.threshold), "before": repr(parent.threshold),
        "alerts_a_day": repr(report.target), "reason": reason,
        "expected": {name: value if isinstance(value, int | str) else repr(value) for name, value in expected.items()},
    }  # fmt: skip
    record(actor=actor, action="model.threshold_set", subject=candidate, data=data)
    return candidate


def _without_share(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in OF_THE_SHARE}


def _scores(report: CapacityReport, chosen: ThresholdLevel) -> dict[str, Any]:
    """The scores that the threshold was set from, in place of those of the rows that the parent's was."""
    from ..ml.score_distribution import histogram

    return {
        "flagged_share": chosen.flagged_share, "threshold_rows": chosen.scored, **histogram(report.rows.scores),
        "threshold_from": f"transactions of {_day(report.window.first)} to {_day(report.window.last)}",
    }  # fmt: skip


def _day(day: date) -> str:
    return date_format(day, "j M Y")


def _expected(report: CapacityReport, chosen: ThresholdLevel) -> dict[str, Any]:
    """What the window lets expect, kept with the version. Rates are null where nothing is known."""
    return {
        "from": str(report.window.first), "to": str(report.window.last), "rows": chosen.scored, "alerts": chosen.alerts,
        "alerts_a_day": chosen.a_day, "known": chosen.precision.of, "confirmed": chosen.precision.hits,
        "precision": chosen.precision.value, "precision_low": chosen.precision.low,
        "precision_high": chosen.precision.high, "recall": chosen.recall.value, "all_confirmed": chosen.recall.of,
    }  # fmt: skip
