"""The trees of an Isolation Forest as an ONNX operator, built by hand; its sum is mean path length / c(sample size).

Why by hand: 46 times faster a row than the converter's, and exact (measured, reference "detection" section 3).
Thresholds are floored to float32: for float32 v, v <= t exactly when v <= floor32(t). Missing values go where they
went in training.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble._iforest import _average_path_length as path_length


def floor32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The greatest float32 that is not above each value."""
    cast = values.astype(np.float32)
    below = np.nextafter(cast, np.float32(-np.inf))
    return np.where(cast.astype(np.float64) > values, below, cast).astype(np.float32)


def trees(forest: Any) -> dict[str, Any]:
    """The attributes of TreeEnsembleRegressor: every node of every tree, every leaf's share of the mean depth."""
    scale = len(forest.estimators_) * path_length([forest.max_samples_])[0]
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_modes", "nodes_values", "nodes_truenodeids",
            "nodes_falsenodeids", "nodes_missing_value_tracks_true", "target_treeids", "target_nodeids",
            "target_ids", "target_weights",
        )
    }  # fmt: skip
    for number, (tree, used) in enumerate(zip(forest.estimators_, forest.estimators_features_, strict=True)):
        state = tree.tree_.__getstate__()["nodes"]
        size = len(state)
        leaf = state["left_child"] < 0
        leaves = np.flatnonzero(leaf)
        weights = (_depths(state) + path_length(state["n_node_samples"])) / scale
        attributes = {
            "nodes_treeids": [number] * size,
            "nodes_nodeids": list(range(size)),
            "nodes_featureids": np.where(leaf, 0, np.asarray(used)[np.maximum(state["feature"], 0)]).tolist(),
            "nodes_modes": ["LEAF" if each else "BRANCH_LEQ" for each in leaf],
            "nodes_values": np.where(leaf, np.float32(0), floor32(state["threshold"])).astype(float).tolist(),
            "nodes_truenodeids": np.where(leaf, 0, state["left_child"]).tolist(),
            "nodes_falsenodeids": np.where(leaf, 0, state["right_child"]).tolist(),
            "nodes_missing_value_tracks_true": np.where(leaf, 0, state["missing_go_to_left"]).tolist(),
            "target_treeids": [number] * len(leaves),
            "target_nodeids": leaves.tolist(),
            "target_ids": [0] * len(leaves),
            "target_weights": weights[leaves].tolist(),
        }
        for name, values in attributes.items():
            columns[name].extend(values)
    return {**columns, "n_targets": 1, "aggregate_function": "SUM", "post_transform": "NONE"}


def _depths(state: Any) -> NDArray[np.float64]:
    """Edges from the root to each node. A parent stands before its children."""
    depths = np.zeros(len(state))
    for node, (left, right) in enumerate(zip(state["left_child"], state["right_child"], strict=True)):
        if left >= 0:
            depths[left] = depths[right] = depths[node] + 1
    return depths
