"""Every write of training: a run is requested, worked as a job, and its model published as a candidate."""

from .model_publish import model_publish, model_train
from .training_due import training_due
from .training_request import training_request

__all__ = ["model_publish", "model_train", "training_due", "training_request"]
