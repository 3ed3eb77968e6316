"""What the people of a queue have time for, and the threshold that fills it: rules first, the models with the rest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from finobs.core import access
from finobs.core.errors import Invalid

from .. import hooks
from ..choices import ModelStage, Typology
from ..ml.training.publication import MAX_FLAGGED_SHARE
from ..models import Alert, ModelVersion
from . import score_queries, scores, thresholds
from .metrics import ScoredRows
from .thresholds import ThresholdLevel
from .window import Window

# What a model alone asks for goes to the queue of this typology.
TYPOLOGY = Typology.UNUSUAL


@dataclass(frozen=True, slots=True)
class QueueHeadroom:
    """What fills the queue of a model's alerts before the model does, on average a day.

    queue: None where no queue takes them. by_rules: alerts of rules that go to it. by_other: what the model of the
    other role that is in force adds to them.
    """

    queue: hooks.Capacity | None
    by_rules: float
    other: ModelVersion | None
    by_other: float

    @property
    def can_take(self) -> int | None:
        return self.queue.alerts_a_day if self.queue else None

    @property
    def left(self) -> float | None:
        return None if self.can_take is None else max(0.0, self.can_take - self.by_rules - self.by_other)


@dataclass(frozen=True, slots=True)
class CapacityReport:
    """A version's threshold against capacity: `now` as it stands, `chosen` for `target` alerts a day.

    Where `refusal` is not empty, it says why no threshold can be set from this.
    """

    version: ModelVersion
    window: Window
    rows: ScoredRows
    days: int
    headroom: QueueHeadroom
    target: float
    now: ThresholdLevel | None
    chosen: ThresholdLevel | None
    curve: list[ThresholdLevel]
    refusal: str


def capacity_report(user: Any, version: ModelVersion, window: Window, target: float | None = None) -> CapacityReport:
    """What the queue can take, what fills it already, and which threshold gives `target` further alerts a day.

    Without `target`: what is left in the queue, else what the version gives now. Raises NotAllowed, Invalid.
    """
    access.require(user, "view", version)
    if target is not None and not 0 < target <= hooks.MAX_ALERTS_A_DAY:
        raise Invalid(fields={"alerts_a_day": [f"More than 0 and at most {hooks.MAX_ALERTS_A_DAY:,} a day."]})
    rows = _rows(user, version, window)
    first, last = rows.first, rows.last
    span = Window(first, last) if first and last else window
    headroom, alerted = _headroom(user, version, span)
    free = rows.only(_outside(rows, alerted))
    now = thresholds.threshold_level(rows, free, version.threshold, span.days) if len(rows) else None
    target = _usual(headroom, now) if target is None else target
    chosen = _chosen(rows, free, target, span.days)
    around = target or (now.a_day if now else 0) or 1.0
    curve = thresholds.capacity_curve(rows, free, around, span.days, MAX_FLAGGED_SHARE)
    days, refusal = span.days if len(rows) else 0, _refusal(rows, target, chosen)
    return CapacityReport(version, window, rows, days, headroom, target, now, chosen, curve, refusal)


def _usual(headroom: QueueHeadroom, now: ThresholdLevel | None) -> float:
    """What is left in the queue, else what the version gives now."""
    if headroom.left is not None:
        return headroom.left
    return now.a_day if now else 0.0


def _chosen(rows: ScoredRows, free: ScoredRows, target: float, days: int) -> ThresholdLevel | None:
    threshold = thresholds.threshold_for(free, thresholds.rows_for(target, days))
    return None if threshold is None else thresholds.threshold_level(rows, free, threshold, days)


def _rows(user: Any, version: ModelVersion, window: Window) -> ScoredRows:
    return scores.merge(list(scores.scored(user, version.role, score_queries.family_ids(version), window).values()))


def _headroom(user: Any, version: ModelVersion, span: Window) -> tuple[QueueHeadroom, Collection[int]]:
    """And the ids of the transactions that rules, or the other model, alert anyway."""
    queue = hooks.capacity(user, TYPOLOGY)
    inside = {"transaction__occurred_at__gte": span.since, "transaction__occurred_at__lt": span.until}
    by_rules = access.restrict(Alert.objects.filter(rule_version__isnull=False, **inside), user, "measure")
    ruled = dict(by_rules.values_list("transaction_id", "typology"))
    here = sum(1 for typology in ruled.values() if queue is not None and typology in queue.typologies)
    champions = ModelVersion.objects.filter(stage=ModelStage.CHAMPION).exclude(role=version.role)
    other = champions.defer("artefact", "metrics").first()
    flagged = set() if other is None else _flagged(user, other, inside) - ruled.keys()
    return QueueHeadroom(queue, here / span.days, other, len(flagged) / span.days), ruled.keys() | flagged


def _flagged(user: Any, version: ModelVersion, inside: dict[str, Any]) -> set[int]:
    """What a version in force asks to see."""
    queries = (
        access.restrict(scores, user, "measure")
        .filter(value__gte=version.threshold, **inside)
        .values_list("transaction_id", flat=True)
        for scores in score_queries.score_sources(version.role, score_queries.family_ids(version))
    )
    return {pk for query in queries for pk in query}


def _outside(rows: ScoredRows, alerted: Collection[int]) -> Any:
    return ~np.isin(rows.ids, np.array(sorted(alerted), dtype=np.int64))


def _refusal(rows: ScoredRows, target: float, chosen: ThresholdLevel | None) -> str:
    if not len(rows):
        return "This version scored nothing in these days, so there is nothing to set a threshold by."
    if target <= 0:
        return "Nothing is left in the queue: rules and the other model fill it already."
    if chosen is None:
        return f"No threshold gives at most {target:g} alerts a day and still flags anything in these days."
    if chosen.flagged_share > MAX_FLAGGED_SHARE:
        return (
            f"It would flag {chosen.flagged_share:.1%} of the transactions it scored; a model that flags (nearly) "
            f"everything tells nobody where to look. The limit is {MAX_FLAGGED_SHARE:.0%}."
        )
    return ""
