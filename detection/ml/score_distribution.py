"""How scores are distributed: the threshold for a share of them, and their histogram."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .scoring import SCORE_DECIMALS

BINS: Final = 40


def threshold_for(scores: NDArray[np.float64], share: float) -> float:
    """The score that at most `share` of the rows reach, unless many share one score; written with its six decimals."""
    return float(round(float(np.quantile(scores, 1 - share, method="higher")), SCORE_DECIMALS))


def histogram(scores: NDArray[np.float64]) -> dict[str, Any]:
    counts, edges = np.histogram(scores, bins=BINS)
    return {"histogram": counts.tolist(), "edges": [round(float(edge), 4) for edge in edges]}
