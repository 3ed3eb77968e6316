"""A gradient-boosting classifier as one ONNX graph, built by hand: score = sigmoid(sum of leaves + baseline).

The public converter fails on it with the libraries of this generation. Thresholds are floored to float32, and what is
missing goes where it went in training, as in `trees`. Agrees with the model on features that are float32.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper

from .graph_metadata import BOOSTED_KEY, boosted_metadata
from .trees import floor32


def boosted_graph(model: Any, names: Sequence[str], metadata: Mapping[str, str]) -> bytes:
    """Serialised graph of a fitted scikit-learn HistGradientBoostingClassifier of two classes and numeric features:
    input `features` (n, len(names)) float32, outputs `margin` and `score`, both (n, 1)."""
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(names)])
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("margin", "score")]
    nodes = [
        helper.make_node("TreeEnsembleRegressor", ["features"], ["margin"], domain="ai.onnx.ml", **_trees(model)),
        helper.make_node("Cast", ["margin"], ["wide"], to=TensorProto.DOUBLE),
        helper.make_node("Sigmoid", ["wide"], ["chance"]),
        helper.make_node("Cast", ["chance"], ["score"], to=TensorProto.FLOAT),
    ]
    graph = helper.make_graph(nodes, "supervised", [features], outputs)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    built = helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="finobs")
    properties = {**metadata, "features": ",".join(names), BOOSTED_KEY: boosted_metadata(_leaf_rows(model))}
    helper.set_model_props(built, properties)
    checker.check_model(built)
    artefact: bytes = built.SerializeToString(deterministic=True)
    return artefact


def _leaf_rows(model: Any) -> list[int]:
    """How many training rows came to each leaf: what path-dependent SHAP values stand on."""
    return [
        int(count) for (tree,) in model._predictors for count in tree.nodes["count"][tree.nodes["is_leaf"] == 1]
    ]  # fmt: skip


def thresholds(model: Any) -> Any:
    """(feature, threshold) of every split."""
    splits = []
    for (tree,) in model._predictors:
        inner = tree.nodes[tree.nodes["is_leaf"] == 0]
        splits.append(np.column_stack([inner["feature_idx"], inner["num_threshold"]]))
    return np.concatenate(splits)


def _trees(model: Any) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {}
    for number, (tree,) in enumerate(model._predictors):
        nodes, size = tree.nodes, len(tree.nodes)
        leaf = nodes["is_leaf"] == 1
        leaves = np.flatnonzero(leaf)
        attributes = {
            "nodes_treeids": [number] * size,
            "nodes_nodeids": list(range(size)),
            "nodes_featureids": np.where(leaf, 0, nodes["feature_idx"]).tolist(),
            "nodes_modes": ["LEAF" if each else "BRANCH_LEQ" for each in leaf],
            "nodes_values": np.where(leaf, np.float32(0), floor32(nodes["num_threshold"])).astype(float).tolist(),
            "nodes_truenodeids": np.where(leaf, 0, nodes["left"]).tolist(),
            "nodes_falsenodeids": np.where(leaf, 0, nodes["right"]).tolist(),
            "nodes_missing_value_tracks_true": np.where(leaf, 0, nodes["missing_go_to_left"]).tolist(),
            "target_treeids": [number] * len(leaves),
            "target_nodeids": leaves.tolist(),
            "target_ids": [0] * len(leaves),
            "target_weights": nodes["value"][leaves].tolist(),
        }
        for name, values in attributes.items():
            columns.setdefault(name, []).extend(values)
    baseline = float(np.asarray(model._baseline_prediction).reshape(-1)[0])
    return {
        **columns, "n_targets": 1, "aggregate_function": "SUM", "post_transform": "NONE", "base_values": [baseline],
    }  # fmt: skip
