"""Every read of how versions did. Figures are for who may read models; rows for who may read transactions too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from finobs.core import access, clock
from finobs.core.errors import NotFound
from transactions.models import Transaction

from ..models import ModelVersion
from . import metrics, scores
from .confusion_cells import ALL_CLASSES, CALIBRATION_BINS, CELLS, EDGES
from .ground_truth import with_ground_truth
from .metrics import ConfusionMatrix, Ranking, ScoredRows
from .queries import newest_assessed_at
from .window import Window, requested_window

ROWS_ORDER = ("-occurred_at", "-id")


@dataclass(frozen=True, slots=True)
class Performance:
    """What one version made of the window. `also`: versions with the same artefact, whose scores are among its own."""

    version: ModelVersion
    window: Window
    matrix: ConfusionMatrix
    ranking: Ranking
    first: date | None
    last: date | None
    also: list[ModelVersion]

    @classmethod
    def of_rows(
        cls, version: ModelVersion, window: Window, rows: ScoredRows, also: Sequence[ModelVersion] = ()
    ) -> Performance:
        matrix = metrics.confusion_matrix(rows, version.threshold)
        return cls(version, window, matrix, rows.ranking, rows.first, rows.last, list(also))

    @property
    def days(self) -> int:
        """From the first to the last day on which it scored anything."""
        return (self.last - self.first).days + 1 if self.first and self.last else 0

    @property
    def alerts_a_day(self) -> float | None:
        return self.matrix.flagged / self.days if self.days else None

    @property
    def threshold_set(self) -> dict[str, Any] | None:
        """What was expected when the version's threshold was set from capacity."""
        expected: dict[str, Any] | None = self.version.metrics.get("capacity")
        return expected


def window_for(user: Any, first: date | None, last: date | None) -> Window:
    """The days asked for; without any, the 30 that end with the newest assessed transaction. Raises Invalid."""
    access.require(user, "view", ModelVersion)
    return requested_window(first, last, newest_assessed_at() if first is None and last is None else clock.now())


def performance(user: Any, version: ModelVersion, window: Window) -> Performance:
    """Raises NotAllowed."""
    access.require(user, "view", version)
    members = scores.family(version)
    by_version = scores.scored(version.role, [each.pk for each in members], window)
    also = [each for each in members if each.pk != version.pk and len(by_version[each.pk])]
    return Performance.of_rows(version, window, scores.merge(list(by_version.values())), also)


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
    return with_ground_truth(scores.scored_by(inside, version, least=least, below=below)).filter(of_classes)


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
    by_id = scores.score_of(version, [row.pk for row in page])
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
