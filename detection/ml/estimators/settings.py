"""How the two estimators are fitted. Apart from them, so that nobody loads scikit-learn to read a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Fewer outcomes than these teach no difference that would hold on the days after.
MIN_CONFIRMED: Final = 50


@dataclass(frozen=True, slots=True)
class EnsembleSettings:
    """trees, sample: of the forest. components: of the PCA. forest_weight: of the forest in the average."""

    trees: int = 100
    sample: int = 2048
    components: int = 1
    forest_weight: float = 0.65
    seed: int = 7


@dataclass(frozen=True, slots=True)
class BoostingSettings:
    """Chosen on an earlier split than any that is reported (reference "detection" section 2)."""

    rounds: int = 200
    leaves: int = 15
    rate: float = 0.05
    least_in_leaf: int = 40
    l2: float = 1.0
    seed: int = 7
