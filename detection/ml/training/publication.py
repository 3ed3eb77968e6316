"""When a model may be published and put in force, by the metrics that its training kept with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from finobs.core.errors import Invalid

PARITY_LIMIT: Final = 1e-5
# A model that sends more than this share of its own training rows to people says nothing about any of them.
MAX_FLAGGED_SHARE: Final = 0.2


def check_share(share: float) -> None:
    """Raises Invalid for a share that is none, or that no people could work through."""
    if not 0 < share <= MAX_FLAGGED_SHARE:
        raise Invalid(fields={"share": [f"The share for review is between 0 and {MAX_FLAGGED_SHARE:.0%}."]})


def refusal(metrics: Mapping[str, Any]) -> str:
    """Why a model with these metrics cannot be put in force; empty when it can."""
    flagged = float(metrics.get("flagged_share", 0))
    if flagged <= 0:
        return "This model flags nothing: none of the transactions that its threshold was set from reaches it."
    if flagged > MAX_FLAGGED_SHARE:
        return (
            f"This model flags {flagged:.1%} of the transactions that its threshold was set from; a model that flags "
            f"(nearly) everything tells nobody where to look. The limit is {MAX_FLAGGED_SHARE:.0%}."
        )
    # Written so that a parity that is no number is refused too.
    if not float(metrics.get("parity", 1)) <= PARITY_LIMIT:
        return "This model was never shown to agree with what was fitted."
    return ""


def require_publishable(metrics: Mapping[str, Any]) -> None:
    """Raises Invalid for what tells nobody where to look, and for what does not agree with its graph."""
    if why := refusal(metrics):
        raise Invalid(f"The model cannot be published. {why}")
