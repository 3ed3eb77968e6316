"""Every write of detection. `assess` is the one decision path."""

from .assess import assess
from .decide import Decided, decision_make
from .first import ensure_judges
from .model import model_promote, model_publish, model_retire, model_train, model_train_start
from .reassess import reassess_due
from .replay import Replay, replay
from .rule import ensure_default_rules, rule_change, rule_create, rule_retire

__all__ = [
    "Decided", "Replay", "assess", "decision_make", "ensure_default_rules", "ensure_judges", "model_promote",
    "model_publish", "model_retire", "model_train", "model_train_start", "reassess_due", "replay",
    "rule_change", "rule_create", "rule_retire",
]  # fmt: skip
