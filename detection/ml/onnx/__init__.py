"""A trained estimator as one ONNX graph, with what a score needs written into its metadata."""
