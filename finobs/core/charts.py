"""Geometry of the charts that the server draws as SVG: where values stand, in units of the `viewBox`.

A chart says its finding in words and has a table with the same numbers beside it. Colours, lines and fonts are the
style sheet's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

# Room that the word beside a line takes.
LABEL_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a value stands: `low` at `start`, `high` at `end`, in proportion to `warp` of it in between.

    Without any extent everything stands at `start`.

    >>> x = Scale(0, 50, 40, 388)
    >>> x(0), x(25), x(50)
    (40.0, 214.0, 388.0)
    >>> Scale(0, 100, 0, 100, warp=lambda value: value**0.5)(25)
    50.0
    """

    low: float
    high: float
    start: float
    end: float
    digits: int = 1
    warp: Callable[[float], float] = float

    def __call__(self, value: float) -> float:
        low, high = self.warp(self.low), self.warp(self.high)
        share = (self.warp(value) - low) / (high - low or 1)
        return round(self.start + share * (self.end - self.start), self.digits)

    def clamped(self, value: float) -> float:
        """Where `value` stands, at the nearer end if it is beyond."""
        return self(min(max(value, self.low), self.high))


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """`count` columns side by side over `width`.

    >>> columns = ColumnLayout(4, 100)
    >>> columns.x(3), columns.bar(gap=1)
    (75.0, 24.0)
    """

    count: int
    width: float
    digits: int = 1

    @property
    def step(self) -> float:
        return self.width / self.count

    def x(self, index: int) -> float:
        return round(index * self.step, self.digits)

    def bar(self, *, gap: float) -> float:
        """How wide a bar is that leaves `gap` to the next."""
        return round(self.step - gap, self.digits)


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of `width` by `height`, and the axes inside it."""

    width: int
    height: int
    left: int
    right: int
    top: int
    foot: int

    def across(self, low: float, high: float, warp: Callable[[float], float] = float) -> Scale:
        return Scale(low, high, self.left, self.right, warp=warp)

    def up(self, low: float, high: float) -> Scale:
        return Scale(low, high, self.foot, self.top)


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, and what is written there."""

    at: float
    text: str


def ticks(scale: Scale, values: Iterable[float], form: str) -> list[Tick]:
    """A tick for each value, written as `form` says (".0%").

    >>> ticks(Scale(0, 1, 0, 10), (0, 0.5), ".0%")
    [Tick(at=0.0, text='0%'), Tick(at=5.0, text='50%')]
    """
    return [Tick(scale(value), format(value, form)) for value in values]


@dataclass(frozen=True, slots=True)
class Mark:
    """A line from top to foot with a word beside it, on the side where there is room."""

    at: float
    text: str
    width: int

    @property
    def anchor(self) -> str:
        return "start" if self.at < self.width * 0.8 else "end"

    @property
    def beside(self) -> float:
        return self.at + (4 if self.anchor == "start" else -4)


def apart(marks: list[Mark]) -> list[Mark]:
    """Two lines so close that their words would stand on one another have the words of both at the last."""
    if len(marks) == 2 and abs(marks[0].at - marks[1].at) < LABEL_WIDTH:
        first, last = marks
        return [Mark(first.at, "", first.width), Mark(last.at, f"{first.text}, {last.text}", last.width)]
    return marks


def anchor(x: float, width: float) -> str:
    """How words centred on `x` are anchored so that they end within the picture.

    >>> anchor(10, 300), anchor(150, 300), anchor(290, 300)
    ('start', 'middle', 'end')
    """
    return "start" if x < width / 3 else "end" if x > width * 2 / 3 else "middle"


@dataclass(frozen=True, slots=True)
class Point:
    """A value with its interval: `high_y` to `low_y`. `text` is the point in words."""

    x: float
    y: float
    low_y: float
    high_y: float
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Points with intervals over two axes, a line and marks; drawn by `_shell/plot.html`.

    line: the points of a polyline, as SVG takes them. is_guide: it is there to compare with, not a finding.
    """

    finding: str
    frame: Frame
    points: list[Point]
    side: list[Tick]
    floor: list[Tick]
    line: str
    across_label: str
    up_label: str
    marks: list[Mark] = field(default_factory=list)
    is_guide: bool = False
