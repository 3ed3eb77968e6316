"""Every write of training: a run is asked for, claimed, worked, and its model published as a candidate."""

from .model_publish import model_publish, model_train
from .training_cancel import training_cancel
from .training_due import training_due
from .training_request import training_request
from .training_wake import training_wake
from .training_work import training_work

__all__ = [
    "model_publish",
    "model_train",
    "training_cancel",
    "training_due",
    "training_request",
    "training_wake",
    "training_work",
]
