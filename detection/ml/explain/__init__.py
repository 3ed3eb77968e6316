"""Why a score is what it is: exact SHAP contributions of each feature, in the units of the score that is shown."""

from .explainer import Explainer, explainer
from .waterfall import waterfall, waterfalls

__all__ = ["Explainer", "explainer", "waterfall", "waterfalls"]
