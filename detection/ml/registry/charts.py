"""What the page of a model version draws, worked out from its metrics."""

from __future__ import annotations

from dataclasses import dataclass

from finobs.core.charts import ColumnLayout, Scale

from ...models import ModelVersion

WIDTH, HEIGHT, FOOT = 640, 160, 20


@dataclass(frozen=True, slots=True)
class HistogramBar:
    x: float
    y: float
    height: float
    width: float
    count: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """Scores of the training rows as bars, with the threshold among them. Heights are of the square root: the
    tail that matters is a few rows in thousands."""

    finding: str
    bars: list[HistogramBar]
    threshold_x: float
    width: int = WIDTH
    height: int = HEIGHT
    foot: int = HEIGHT - FOOT


def histogram(version: ModelVersion) -> Histogram | None:
    counts, edges = version.metrics.get("histogram", []), version.metrics.get("edges", [])
    if not counts or len(edges) != len(counts) + 1:
        return None
    columns, room = ColumnLayout(len(counts), WIDTH), HEIGHT - FOOT
    height = Scale(0, max(counts), 0, room, warp=lambda count: count**0.5)
    y = Scale(0, max(counts), room, 0, warp=lambda count: count**0.5)
    width = columns.bar(gap=1)
    bars = [
        HistogramBar(columns.x(index), y(count), height(count), width, count, edges[index], edges[index + 1])
        for index, count in enumerate(counts)
    ]
    flagged = float(version.metrics.get("flagged_share", 0))
    whose = version.metrics.get("threshold_from", "rows that it learned from")
    finding = f"The threshold of {version.threshold:.4f} is reached by {flagged:.2%} of the {whose}"
    return Histogram(finding, bars, Scale(edges[0], edges[-1], 0, WIDTH).clamped(version.threshold))
