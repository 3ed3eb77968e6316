"""From contributions in each member's own units to contributions in the units of the score that is shown.

SHAP is exact in a member's own units: path length for the forest, error for the reconstruction. The shown score is a
curve over them. A difference of the curve between where the row is and where the mean is, is shared out in proportion
to the contributions underneath it (the slope of the secant). So the sum is exact, and signs and order within a member
are those of SHAP; the shares are not themselves Shapley values of the curve. The members' own are kept beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Curve = Callable[[float], float]
# Served scores are float32 and have six decimals; what differs by more was not explained but something else.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class MemberContributions:
    """One member's contributions in its own unit. They and `base` add up to `value`."""

    name: str
    unit: str
    base: float
    value: float
    contributions: NDArray[np.float64]
    details: dict[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True)
class ScoreContributions:
    """Contributions in the units of the score. They and `base` add up to it."""

    base: float
    score: float
    contributions: NDArray[np.float64]


def combine(
    parts: Sequence[MemberContributions], curves: Sequence[Curve], display: Curve, score: float
) -> ScoreContributions:
    """score = display(sum of curve(value) over the members). Raises ValueError if that is not `score`.

    What rounding leaves of the score, less than a millionth, is shared out by size.
    """
    each = list(zip(parts, curves, strict=True))
    raw = np.sum([slope(curve, part.base, part.value) * part.contributions for part, curve in each], axis=0)
    start, end = sum(curve(part.base) for part, curve in each), sum(curve(part.value) for part, curve in each)
    base = display(start)
    contributions = slope(display, start, end) * raw
    rest = score - base - float(contributions.sum())
    if not abs(rest) <= TOLERANCE:
        raise ValueError(f"the parts make a score of {score - rest:.6f}, not {score:.6f}")
    size = np.abs(contributions)
    if size.sum() > TOLERANCE:
        return ScoreContributions(base, score, contributions + rest * size / size.sum())
    return ScoreContributions(base, score, contributions + rest / len(contributions))


def slope(curve: Curve, start: float, end: float) -> float:
    """Of the secant; of the tangent where there is no way between the two."""
    least = 1e-7 * max(1.0, abs(start))
    if abs(end - start) > least:
        return (curve(end) - curve(start)) / (end - start)
    step = 1e-4 * max(1.0, abs(start))
    try:
        return (curve(start + step) - curve(start - step)) / (2 * step)
    except ValueError:  # The curve begins here, as a logarithm does.
        return (curve(start + step) - curve(start)) / step
