"""How much an alert asks to be looked at first, on one scale whichever model asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..choices import ModelRole

# Where each role's half of the scale begins. What resembles confirmed outcomes goes before what is merely unusual:
# of the demo's alerts, 11 of 30 that a supervised model asked for were confirmed, none of 83 that only the other did.
BEGINS = {ModelRole.SUPERVISED.value: 0.5, ModelRole.ANOMALY.value: 0.0}


def urgency(parameters: Mapping[str, Any]) -> float | None:
    """0 to 1, from an alert's parameters: how far the model that asks for most lies above its threshold.

    Scores of different models, and of different times, cannot be compared; distances above their thresholds can,
    roughly. None where no model asked, only rules.
    """
    distances = (_above_threshold(model) for model in parameters["models"])
    return max((each for each in distances if each is not None), default=None)


def _above_threshold(model: Mapping[str, Any]) -> float | None:
    score, threshold = float(model["score"]), float(model["threshold"])
    if score < threshold:
        return None
    share = (score - threshold) / (1 - threshold) if threshold < 1 else 0.0
    return BEGINS[model["role"]] + 0.5 * min(max(share, 0.0), 1.0)
