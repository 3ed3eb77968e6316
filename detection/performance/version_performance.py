"""What one version made of a window: its confusion matrix and its ranking, with the days that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..models import ModelVersion
from . import metrics
from .metrics import ConfusionMatrix, Ranking, ScoredRows
from .window import Window


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
