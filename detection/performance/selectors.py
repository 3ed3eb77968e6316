"""Every read of how versions did. Figures are for who may read models; rows for who may read transactions too. Both are
of the transactions of the units whose data they may read.

The border of what is heavy: numpy is loaded by the reads that compute, when they are called.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from finobs.core import access, clock
from finobs.core.errors import NotFound
from transactions.models import Transaction

from ..models import ModelVersion
from . import score_queries
from .confusion_cells import ALL_CLASSES, CALIBRATION_BINS, CELLS, EDGES
from .ground_truth import with_ground_truth
from .window import Window, requested_window

if TYPE_CHECKING:
    from .capacity import CapacityReport
    from .leaderboard import Leaderboard
    from .version_performance import Performance

ROWS_ORDER = ("-occurred_at", "-id")


def window_for(user: Any, first: date | None, last: date | None) -> Window:
    """The days asked for; without any, the 30 that end with the newest assessed transaction. Raises Invalid."""
    access.require(user, "view", ModelVersion)
    return requested_window(first, last, newest_assessed_at(user) if first is None and last is None else clock.now())


def newest_assessed_at(user: Any) -> datetime:
    """When the newest assessed transaction occurred; now where there is none."""
    rows = access.restrict(Transaction.objects.all(), user, "measure").filter(assessment__isnull=False)
    newest = rows.order_by("-occurred_at", "-pk").values_list("occurred_at", flat=True)
    return newest.first() or clock.now()


def performance(user: Any, version: ModelVersion, window: Window) -> Performance:
    """Raises NotAllowed."""
    access.require(user, "view", version)
    from . import scores
    from .version_performance import Performance

    members = score_queries.family(version)
    by_version = scores.scored(user, version.role, [each.pk for each in members], window)
    also = [each for each in members if each.pk != version.pk and len(by_version[each.pk])]
    return Performance.of_rows(version, window, scores.merge(list(by_version.values())), also)


def leaderboard(user: Any, role: str, window: Window, chosen: Collection[int] = ()) -> Leaderboard:
    """As `leaderboard.leaderboard`."""
    from . import leaderboard

    return leaderboard.leaderboard(user, role, window, chosen)


def capacity_report(user: Any, version: ModelVersion, window: Window, target: float | None = None) -> CapacityReport:
    """As `capacity.capacity_report`."""
    from . import capacity

    return capacity.capacity_report(user, version, window, target)


def rows(user: Any, version: ModelVersion, window: Window, cell: str, number: int | None) -> QuerySet[Transaction]:
    """Exactly the transactions that a number counts, with `outcome` and `outcome_origin`.

    `number` is a bin of the score. Raises NotFound for a cell or a bin that there is none of, NotAllowed.
    """
    access.require(user, "view", version)
    access.require(user, "view", Transaction)
    if cell not in CELLS or not (number is None or 0 <= number < CALIBRATION_BINS):
        raise NotFound
    chosen = CELLS[cell]
    least, below = _bounds(version.threshold, chosen.is_flagged, number)
    visible = access.restrict(Transaction.objects.select_related("source", "account", "counterparty"), user, "view")
    inside = visible.filter(occurred_at__gte=window.since, occurred_at__lt=window.until)
    of_classes = Q() if chosen.outcomes == ALL_CLASSES else Q(outcome__in=chosen.outcomes)
    return with_ground_truth(score_queries.scored_by(inside, version, least=least, below=below)).filter(of_classes)


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """A transaction with its score by the version that is looked at, its outcome and who said so."""

    transaction: Transaction
    score: float
    outcome: int
    outcome_origin: str


def with_scores(user: Any, version: ModelVersion, page: Sequence[Transaction]) -> list[ScoredRow]:
    """A page of `rows`, with scores."""
    access.require(user, "view", version)
    by_id = score_queries.score_of(version, [row.pk for row in page])
    return [ScoredRow(row, by_id[row.pk], row.outcome, row.outcome_origin) for row in page]  # type: ignore[attr-defined]


def may_see_rows(user: Any) -> bool:
    return access.allowed(user, "view", Transaction)


def _bounds(threshold: float, is_flagged: bool | None, number: int | None) -> tuple[float | None, float | None]:
    least = [threshold] if is_flagged else []
    below = [threshold] if is_flagged is False else []
    if number:
        least.append(EDGES[number])
    if number is not None and number < CALIBRATION_BINS - 1:
        below.append(EDGES[number + 1])
    return max(least, default=None), min(below, default=None)
