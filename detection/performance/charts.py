"""Where the points of the two pictures stand. Each picture states its finding and has a table beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..choices import ModelRole
from .metrics import Ranking
from .proportions import Proportion
from .thresholds import ThresholdLevel

WIDTH, HEIGHT = 400, 300
LEFT, RIGHT, TOP, FOOT = 40, 388, 26, 264
LABEL_WIDTH = 40  # room that the word beside a line takes
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """A share with its interval: `high_y` to `low_y`. `said` is the point in words."""

    number: int
    x: float
    y: float
    low_y: float
    high_y: float
    said: str


@dataclass(frozen=True, slots=True)
class ChartTick:
    at: float
    text: str

    @property
    def anchor(self) -> str:
        """Words beside a line stand where there is room."""
        return "start" if self.at < WIDTH * 0.8 else "end"

    @property
    def beside(self) -> float:
        return self.at + (4 if self.anchor == "start" else -4)


@dataclass(frozen=True, slots=True)
class Chart:
    finding: str
    points: list[ChartPoint]
    ticks: list[ChartTick]
    floor: list[ChartTick]
    line: str
    marks: list[ChartTick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    foot: int = FOOT


def reliability(ranking: Ranking, role: str) -> Chart | None:
    """Mean score against confirmed share, with the diagonal on which a probability would lie; None without outcomes."""
    bins, error = ranking.bins, ranking.calibration_error
    points = [
        ChartPoint(
            each.number, _x(each.mean), *_heights(each.confirmed),
            f"scores from {each.first} to {each.last}, on average {each.mean:.3f}: "
            f"{each.confirmed.hits} of {each.confirmed.of} confirmed",
        )
        for each in bins
        if each.mean is not None and each.confirmed.value is not None
    ]  # fmt: skip
    if not points or error is None:
        return None
    finding = f"Scores and confirmed shares lie {error:.3f} apart on average"
    if role != ModelRole.SUPERVISED:
        low, high = ([each for each in bins if each.confirmed.of][end].confirmed.value or 0 for end in (0, -1))
        finding = f"From the lowest scores to the highest, the confirmed share goes from {low:.1%} to {high:.1%}"
    floor = [ChartTick(_x(each), f"{each:g}") for each in TICKS]
    return Chart(finding, points, _ticks(), floor, f"{LEFT},{FOOT} {RIGHT},{TOP}", [])


def capacity_curve(
    levels: Sequence[ThresholdLevel], now: ThresholdLevel | None, chosen: ThresholdLevel | None
) -> Chart | None:
    """Alerts a day against expected precision, each step by the same factor; None where no precision is known."""
    known = [each for each in levels if each.precision.value is not None]
    if len(known) < 2:
        return None
    low, high = math.log(known[0].a_day), math.log(known[-1].a_day)

    def at(a_day: float) -> float:
        return round(LEFT + (math.log(a_day) - low) / (high - low or 1) * (RIGHT - LEFT), 1)

    points = [
        ChartPoint(
            index, at(each.a_day), *_heights(each.precision),
            f"{each.a_day:.1f} alerts a day from {each.threshold:.6f}: "
            f"{each.precision.hits} of {each.precision.of} confirmed",
        )
        for index, each in enumerate(known)
    ]  # fmt: skip
    marks = _apart([
        ChartTick(at(each.a_day), word)
        for each, word in ((now, "now"), (chosen, "chosen"))
        if each is not None and each.a_day and known[0].a_day <= each.a_day <= known[-1].a_day
    ])  # fmt: skip
    first, last = known[0], known[-1]
    finding = (
        f"Of {first.a_day:.1f} alerts a day {first.precision.value:.0%} would be right, "
        f"of {last.a_day:.1f} a day {last.precision.value:.0%}"
    )
    floor = [ChartTick(at(each.a_day), f"{each.a_day:.3g}") for each in (known[0], known[len(known) // 2], known[-1])]
    line = " ".join(f"{each.x},{each.y}" for each in points)
    return Chart(finding, points, _ticks(), floor, line, marks)


def _apart(marks: list[ChartTick]) -> list[ChartTick]:
    """Two lines so close that their words would stand on one another have the words of both at the last."""
    if len(marks) == 2 and abs(marks[0].at - marks[1].at) < LABEL_WIDTH:
        return [ChartTick(marks[0].at, ""), ChartTick(marks[1].at, f"{marks[0].text}, {marks[1].text}")]
    return marks


def _ticks() -> list[ChartTick]:
    return [ChartTick(_y(each), f"{each:.0%}") for each in TICKS]


def _heights(share: Proportion) -> tuple[float, float, float]:
    return _y(share.value), _y(share.low), _y(share.high)


def _x(share: float) -> float:
    return round(LEFT + share * (RIGHT - LEFT), 1)


def _y(share: float | None) -> float:
    return round(FOOT - (share or 0) * (FOOT - TOP), 1)
