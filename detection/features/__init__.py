"""Feature sets, versioned: a name stands for exactly these numbers in this order, for training and serving alike.

float32 is cast once, at the end. A change of any definition is a new name.
"""

from finobs.core.errors import Invalid

from .account import ACCOUNT
from .sets import FeatureSet, as_text, from_text

__all__ = ["ACCOUNT", "FEATURE_SETS", "FeatureSet", "as_text", "from_text", "get"]

FEATURE_SETS = {each.name: each for each in (ACCOUNT,)}


def get(name: str) -> FeatureSet:
    """Raises Invalid for a set that this version does not know."""
    if name not in FEATURE_SETS:
        raise Invalid(f"There is no feature set {name!r}.")
    return FEATURE_SETS[name]
