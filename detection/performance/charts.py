"""What the two pictures of performance show. Each states its finding and has a table beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from finobs.core.charts import Frame, Mark, Plot, Point, Scale, apart, ticks

from ..choices import ModelRole
from .proportions import Proportion

if TYPE_CHECKING:
    from .metrics import CalibrationBin, Ranking
    from .thresholds import ThresholdLevel

FRAME = Frame(width=400, height=300, left=40, right=388, top=26, foot=264)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SHARE = FRAME.up(0, 1)


def reliability(ranking: Ranking, role: str) -> Plot | None:
    """Mean score against confirmed share, with the diagonal on which a probability would lie; None without outcomes."""
    score, error = FRAME.across(0, 1), ranking.calibration_error
    points = [
        _point(
            score(each.mean), each.confirmed,
            f"scores from {each.first} to {each.last}, on average {each.mean:.3f}: "
            f"{each.confirmed.hits} of {each.confirmed.of} confirmed",
        )
        for each in ranking.bins
        if each.mean is not None and each.confirmed.value is not None
    ]  # fmt: skip
    if not points or error is None:
        return None
    return Plot(
        finding=_reliability_finding(ranking.bins, error, role), frame=FRAME, points=points,
        side=ticks(SHARE, SHARES, ".0%"), floor=ticks(score, SHARES, "g"),
        line=f"{FRAME.left},{FRAME.foot} {FRAME.right},{FRAME.top}", is_guide=True,
        across_label="mean score of the bin", up_label="confirmed share",
    )  # fmt: skip


def capacity_curve(
    levels: Sequence[ThresholdLevel], now: ThresholdLevel | None, chosen: ThresholdLevel | None
) -> Plot | None:
    """Alerts a day against expected precision, each step by the same factor; None where no precision is known."""
    with_precision = [each for each in levels if each.precision.value is not None]
    if len(with_precision) < 2:
        return None
    first, last = with_precision[0], with_precision[-1]
    a_day = FRAME.across(first.a_day, last.a_day, warp=math.log)
    points = [
        _point(
            a_day(each.a_day), each.precision,
            f"{each.a_day:.1f} alerts a day from {each.threshold:.6f}: "
            f"{each.precision.hits} of {each.precision.of} confirmed",
        )
        for each in with_precision
    ]  # fmt: skip
    return Plot(
        finding=f"Of {first.a_day:.1f} alerts a day {first.precision.value:.0%} would be right, "
        f"of {last.a_day:.1f} a day {last.precision.value:.0%}",
        frame=FRAME, points=points, side=ticks(SHARE, SHARES, ".0%"),
        floor=ticks(a_day, [each.a_day for each in (first, with_precision[len(with_precision) // 2], last)], ".3g"),
        line=" ".join(f"{point.x},{point.y}" for point in points), marks=_threshold_marks(a_day, now, chosen),
        across_label="alerts a day, each step by the same factor", up_label="expected precision",
    )  # fmt: skip


def _reliability_finding(bins: Sequence[CalibrationBin], error: float, role: str) -> str:
    if role == ModelRole.SUPERVISED:
        return f"Scores and confirmed shares lie {error:.3f} apart on average"
    with_outcomes = [each.confirmed.value or 0 for each in bins if each.confirmed.of]
    low, high = with_outcomes[0], with_outcomes[-1]
    return f"From the lowest scores to the highest, the confirmed share goes from {low:.1%} to {high:.1%}"


def _threshold_marks(a_day: Scale, now: ThresholdLevel | None, chosen: ThresholdLevel | None) -> list[Mark]:
    """The threshold as it is and as it is chosen, where the curve has them."""
    return apart([
        Mark(a_day(each.a_day), word, FRAME.width)
        for each, word in ((now, "now"), (chosen, "chosen"))
        if each is not None and each.a_day and a_day.low <= each.a_day <= a_day.high
    ])  # fmt: skip


def _point(x: float, share: Proportion, text: str) -> Point:
    return Point(x, SHARE(share.value or 0), SHARE(share.low or 0), SHARE(share.high or 0), text)
