"""Every write of detection. `assess` is the one decision path."""

from .assess import assess
from .decide import Decided, decision_make
from .first import ensure_first_model, ensure_judges
from .model import model_publish, model_train
from .model_stage import STEPS as MODEL_STEPS
from .model_stage import model_challenge, model_install, model_promote, model_retire, model_shadow
from .reassess import reassess_due
from .replay import Replay, replay
from .rule import ensure_default_rules, rule_change, rule_create, rule_retire
from .threshold import model_threshold_set
from .training_cancel import training_cancel
from .training_due import training_due
from .training_request import training_request
from .training_wake import training_wake
from .training_work import training_work

__all__ = [
    "MODEL_STEPS", "Decided", "Replay", "assess", "decision_make", "ensure_default_rules", "ensure_first_model",
    "ensure_judges", "model_challenge", "model_install", "model_promote", "model_publish", "model_retire",
    "model_shadow", "model_threshold_set", "model_train", "reassess_due", "replay", "rule_change", "rule_create",
    "rule_retire", "training_cancel", "training_due", "training_request", "training_wake", "training_work",
]  # fmt: skip
