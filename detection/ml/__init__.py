"""Models: estimators, their ONNX graphs, scoring, exact explanations, training, and the registry of versions."""
