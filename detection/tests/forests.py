"""A plain Isolation Forest as a graph of its own, and the value of trees by walking them: what others are checked by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from detection.ml.explain.tree_shap import TreeShap
from detection.ml.onnx import trees


def forest_graph(forest: Any, names: Sequence[str]) -> bytes:
    """Input `features` (n, len(names)) float32; outputs `depth`, the mean path length / c, and `score` = 2^-depth."""
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(names)])
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("depth", "score")]
    operator = trees.trees(forest)
    nodes = [
        helper.make_node("TreeEnsembleRegressor", ["features"], ["depth"], domain="ai.onnx.ml", **operator),
        helper.make_node("Cast", ["depth"], ["x"], to=TensorProto.DOUBLE),
        helper.make_node("Neg", ["x"], ["minus"]),
        helper.make_node("Pow", ["two", "minus"], ["power"]),
        helper.make_node("Cast", ["power"], ["score"], to=TensorProto.FLOAT),
    ]
    two = helper.make_tensor("two", TensorProto.DOUBLE, [1], [2.0])
    graph = helper.make_graph(nodes, "isolation_forest", [features], outputs, [two])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="finobs")
    helper.set_model_props(model, {"features": ",".join(names)})
    return bytes(model.SerializeToString(deterministic=True))


def walked_value(shap: TreeShap, row: np.ndarray) -> float:
    """The value of a row by walking every tree, in float64."""
    nodes, at = shap.nodes, shap.nodes.roots
    for _ in range(int(nodes.depth.max())):
        values = row[nodes.feature[at]]
        is_left = np.where(np.isnan(values), nodes.missing[at], values <= nodes.threshold[at])
        at = nodes.children[at, np.where(is_left, 0, 1)]
    return shap.start + float(nodes.value[at].sum() / shap.divisor)
