"""The scikit-learn estimators that a model is trained with, set once for training and evaluation."""
