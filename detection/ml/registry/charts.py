"""What the page of a model version draws, worked out from its metrics."""

from __future__ import annotations

from dataclasses import dataclass

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
    step, room, highest = WIDTH / len(counts), HEIGHT - FOOT, max(counts) ** 0.5 or 1
    bars = [
        HistogramBar(
            round(index * step, 1), round(room - room * count**0.5 / highest, 1),
            round(room * count**0.5 / highest, 1), round(step - 1, 1), count, edges[index], edges[index + 1],
        )
        for index, count in enumerate(counts)
    ]  # fmt: skip
    span = edges[-1] - edges[0] or 1
    flagged = float(version.metrics.get("flagged_share", 0))
    whose = version.metrics.get("threshold_from", "rows that it learned from")
    finding = f"The threshold of {version.threshold:.4f} is reached by {flagged:.2%} of the {whose}"
    at = min(max((version.threshold - edges[0]) / span, 0), 1)
    return Histogram(finding, bars, round(at * WIDTH, 1))
