"""What others are checked by: a plain Isolation Forest as a graph of its own, trees walked, Shapley values defined."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
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


def coalition_value(nodes: Any, row: np.ndarray, known: frozenset[int]) -> float:
    """The sum over the trees when only `known` features are: the others take both ways, by shares of rows."""

    def walk(node: int) -> float:
        if nodes.is_leaf[node]:
            return float(nodes.value[node])
        left, right = (int(child) for child in nodes.children[node])
        feature = int(nodes.feature[node])
        if feature in known:
            is_left = nodes.missing[node] if np.isnan(row[feature]) else row[feature] <= nodes.threshold[node]
            return walk(left if is_left else right)
        share = nodes.rows[left] / nodes.rows[node]
        return float(share * walk(left) + (1 - share) * walk(right))

    return float(sum(walk(int(root)) for root in nodes.roots))


def shapley_values(value: Callable[[frozenset[int]], float], features: int) -> list[float]:
    """What each feature adds to every coalition of the others, by the definition (Shapley 1953)."""
    contributions = []
    for feature in range(features):
        others = [other for other in range(features) if other != feature]
        contributions.append(
            sum(
                math.factorial(len(chosen)) * math.factorial(features - 1 - len(chosen)) / math.factorial(features)
                * (value(frozenset(chosen) | {feature}) - value(frozenset(chosen)))
                for size in range(features)
                for chosen in itertools.combinations(others, size)
            )
        )  # fmt: skip
    return contributions
