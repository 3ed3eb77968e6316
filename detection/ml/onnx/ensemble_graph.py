"""The whole ensemble as one ONNX graph: one run gives the score and everything that it is made of.

Outputs, each (n, 1) unless said: if_depth (mean path length / c), if_score, pca_error, pca_feature_errors (n, F),
z_if, z_pca, score. Input: the features that the model looks at, (n, F) float32. All after the trees is float64, so
that no batch size shows in a score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, checker, helper, numpy_helper

from ..estimators.ensemble import MIN_ERROR, Ensemble
from .graph_metadata import ENSEMBLE_KEY, ensemble_metadata
from .trees import trees

OUTPUTS = ("if_depth", "if_score", "pca_error", "pca_feature_errors", "z_if", "z_pca", "score")


def ensemble_graph(fitted: Ensemble, names: Sequence[str], metadata: Mapping[str, str]) -> bytes:
    """Serialised graph; `names` are those of the features that it looks at, in their order."""
    size = len(names)
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, size])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, size if name == "pca_feature_errors" else 1])
        for name in OUTPUTS
    ]
    graph = helper.make_graph(_nodes(fitted), "ensemble", [features], outputs, _constants(fitted))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="finobs")
    explainable = ensemble_metadata(
        sample=fitted.forest.max_samples_, mean=fitted.mean, scale=fitted.scale, projector=fitted.projector,
        weights=fitted.weights, second_moment=fitted.second_moment, forest_centre=fitted.forest_centre,
        pca_centre=fitted.pca_centre, forest_weight=fitted.forest_weight, least_error=MIN_ERROR,
    )  # fmt: skip
    helper.set_model_props(model, {**metadata, "features": ",".join(names), ENSEMBLE_KEY: explainable})
    checker.check_model(model)
    artefact: bytes = model.SerializeToString(deterministic=True)
    return artefact


def _nodes(fitted: Ensemble) -> list[Any]:
    def node(kind: str, inputs: str, output: str, **attributes: Any) -> Any:
        return helper.make_node(kind, inputs.split(), [output], **attributes)

    grown = trees(fitted.forest)
    scores = ("if_score", "pca_error", "pca_feature_errors", "z_if", "z_pca", "score")
    return [
        helper.make_node("TreeEnsembleRegressor", ["features"], ["if_depth"], domain="ai.onnx.ml", **grown),
        node("Cast", "if_depth", "x", to=TensorProto.DOUBLE),
        node("Neg", "x", "minus_x"),
        node("Pow", "two minus_x", "if_score_64"),
        node("Cast", "features", "wide", to=TensorProto.DOUBLE),
        node("Sub", "wide mean", "centred"),
        node("Div", "centred scale", "scaled"),
        node("IsNaN", "scaled", "unknown"),
        node("Where", "unknown zero scaled", "standard"),
        node("MatMul", "standard projector", "residual"),
        node("Mul", "residual residual", "squared"),
        node("Mul", "squared weights", "pca_feature_errors_64"),
        node("ReduceSum", "pca_feature_errors_64 axis", "pca_error_64", keepdims=1),
        node("Sub", "if_score_64 if_mean", "if_centred"),
        node("Div", "if_centred if_sd", "z_if_64"),
        node("Add", "pca_error_64 epsilon", "some_error"),
        node("Log", "some_error", "log_error"),
        node("Sub", "log_error pca_mean", "pca_centred"),
        node("Div", "pca_centred pca_sd", "z_pca_64"),
        node("Mul", "z_if_64 if_weight", "if_part"),
        node("Mul", "z_pca_64 pca_weight", "pca_part"),
        node("Add", "if_part pca_part", "z"),
        node("Abs", "z", "z_size"),
        node("Add", "z_size one", "fold"),
        node("Div", "z fold", "folded"),
        node("Mul", "folded half", "halved"),
        node("Add", "halved half", "score_64"),
        *(node("Cast", f"{name}_64", name, to=TensorProto.FLOAT) for name in scores),
    ]


def _constants(fitted: Ensemble) -> list[Any]:
    values: dict[str, float | NDArray[np.float64]] = {
        "two": 2, "one": 1, "half": 0.5, "zero": 0, "epsilon": MIN_ERROR, "mean": fitted.mean,
        "scale": fitted.scale, "projector": fitted.projector, "weights": fitted.weights,
        "if_mean": fitted.forest_centre[0], "if_sd": fitted.forest_centre[1], "pca_mean": fitted.pca_centre[0],
        "pca_sd": fitted.pca_centre[1], "if_weight": fitted.forest_weight, "pca_weight": 1 - fitted.forest_weight,
    }  # fmt: skip
    named = [numpy_helper.from_array(np.array(value, dtype=np.float64), name) for name, value in values.items()]
    return [*named, numpy_helper.from_array(np.array([1], dtype=np.int64), "axis")]
