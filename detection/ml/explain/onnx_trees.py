"""The trees of a served graph as arrays by level, with how many training rows went to each node.

The nodes of a graph hold no such counts. A boosted graph has them in its metadata. In an Isolation Forest a leaf's
weight is (depth + c(rows)) / (trees * c(sample)), and c grows so fast, compared with the float32 the weight is kept
in, that the rows can be had back from it exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper

EULER = 0.57721566490153286061
OPERATOR = "TreeEnsembleRegressor"


@dataclass(frozen=True, slots=True)
class TreeNodes:
    """Every node of every tree by its index; a leaf is its own child. `value` is a leaf's: a path length, or its share
    of the sum."""

    feature: NDArray[np.int64]
    threshold: NDArray[np.float32]
    missing: NDArray[np.bool_]
    children: NDArray[np.int64]
    is_leaf: NDArray[np.bool_]
    depth: NDArray[np.int64]
    roots: NDArray[np.int64]
    value: NDArray[np.float64]
    rows: NDArray[np.int64]


def path_length(sample: int) -> NDArray[np.float64]:
    """c(n) for n = 0..sample: the mean depth at which n rows are told apart by chance (Liu et al. 2008)."""
    counts = np.arange(sample + 1, dtype=np.float64)
    lengths = np.zeros(sample + 1)
    lengths[2:3] = 1
    lengths[3:] = 2 * (np.log(counts[3:] - 1) + EULER) - 2 * (counts[3:] - 1) / counts[3:]
    return lengths


def isolation_trees(graph: Any, sample: int) -> TreeNodes:
    """The nodes of an Isolation Forest's graph, grown on `sample` rows a tree. Raises ValueError if that cannot be."""
    graph_nodes = _graph_nodes(graph)
    roots = graph_nodes.levels[0]
    leaf_rows = _rows_of_leaves(graph_nodes, len(roots), sample)
    rows = _add_up(leaf_rows, graph_nodes)
    if (rows[roots] != sample).any():
        raise ValueError(f"the leaves of a tree do not hold its sample of {sample} rows")
    return _nodes(graph_nodes, np.where(graph_nodes.is_leaf, graph_nodes.depth + path_length(sample)[rows], 0.0), rows)


def boosted_trees(graph: Any, leaf_rows: Sequence[int]) -> tuple[TreeNodes, float]:
    """The nodes of a boosted graph, and what their sum starts from. `leaf_rows`: how many training rows came to each
    leaf, in the order of the graph's leaves. Raises ValueError if they do not fit it."""
    graph_nodes = _graph_nodes(graph)
    counts = np.array(leaf_rows, dtype=np.int64)
    if len(counts) != graph_nodes.is_leaf.sum() or (counts < 1).any():
        raise ValueError("the counts of training rows are not those of its leaves")
    at_leaf = np.zeros(len(graph_nodes.is_leaf), dtype=np.int64)
    at_leaf[graph_nodes.is_leaf] = counts
    rows = _add_up(at_leaf, graph_nodes)
    if len(set(rows[graph_nodes.levels[0]].tolist())) != 1:
        raise ValueError("its trees were not grown on the same rows")
    return _nodes(graph_nodes, np.where(graph_nodes.is_leaf, graph_nodes.weight, 0.0), rows), graph_nodes.start


@dataclass(frozen=True, slots=True)
class _GraphNodes:
    """What the graph says of every node; `weight` is of leaves, `start` what the sum of the trees starts from."""

    feature: NDArray[np.int64]
    threshold: NDArray[np.float32]
    missing: NDArray[np.bool_]
    children: NDArray[np.int64]
    is_leaf: NDArray[np.bool_]
    depth: NDArray[np.int64]
    weight: NDArray[np.float64]
    levels: list[NDArray[np.int64]]
    start: float


def _graph_nodes(graph: Any) -> _GraphNodes:
    operators = [node for node in graph.graph.node if node.op_type == OPERATOR]
    if len(operators) != 1:
        raise ValueError(f"the graph holds {len(operators)} forests, not one")
    attributes = {each.name: helper.get_attribute_value(each) for each in operators[0].attribute}
    tree, local = np.array(attributes["nodes_treeids"]), np.array(attributes["nodes_nodeids"])
    starts = np.flatnonzero(np.r_[True, tree[1:] != tree[:-1]])
    first = np.zeros(tree.max() + 1, dtype=np.int64)
    first[tree[starts]] = starts
    if (local != np.arange(len(tree)) - first[tree]).any():
        raise ValueError("the nodes of the forest are not in order")
    modes = np.array(attributes["nodes_modes"])
    is_leaf = modes == b"LEAF"
    if not np.isin(modes, (b"LEAF", b"BRANCH_LEQ")).all():
        raise ValueError("the forest splits in a way that is not known")
    own = np.arange(len(tree))
    sides = (attributes["nodes_truenodeids"], attributes["nodes_falsenodeids"])
    children = np.column_stack([np.where(is_leaf, own, first[tree] + np.array(side)) for side in sides])
    missing = np.array(attributes.get("nodes_missing_value_tracks_true") or np.zeros(len(tree)), dtype=bool)
    levels = _levels(starts, children, is_leaf)
    depth = np.zeros(len(tree), dtype=np.int64)
    for number, level in enumerate(levels):
        depth[level] = number
    weight = np.zeros(len(tree))
    leaves = first[np.array(attributes["target_treeids"])] + np.array(attributes["target_nodeids"])
    weight[leaves] = attributes["target_weights"]
    thresholds = np.array(attributes["nodes_values"], dtype=np.float32)
    start = float(sum(attributes.get("base_values") or [0.0]))
    return _GraphNodes(
        np.array(attributes["nodes_featureids"]), thresholds, missing, children, is_leaf, depth, weight, levels, start
    )


def _nodes(graph: _GraphNodes, value: NDArray[np.float64], rows: NDArray[np.int64]) -> TreeNodes:
    _close_idle_splits(graph.is_leaf, value, graph.children, graph.levels)
    return TreeNodes(
        graph.feature, graph.threshold, graph.missing, graph.children, graph.is_leaf, graph.depth, graph.levels[0],
        value, rows,
    )  # fmt: skip


def _close_idle_splits(is_leaf: Any, value: Any, children: Any, levels: list[Any]) -> None:
    """A split whose both sides are as long says nothing of any feature: it becomes a leaf of that length, in place."""
    for level in reversed(levels[:-1]):
        inner = level[~is_leaf[level]]
        left, right = children[inner].T
        idle = is_leaf[left] & is_leaf[right] & (value[left] == value[right])
        closed = inner[idle]
        is_leaf[closed] = True
        value[closed] = value[left[idle]]
        value[left[idle]] = value[right[idle]] = 0
        children[closed] = closed[:, None]


def _levels(roots: Any, children: Any, is_leaf: Any) -> list[Any]:
    levels = [roots]
    while len(inner := levels[-1][~is_leaf[levels[-1]]]):
        levels.append(children[inner].reshape(-1))
    return levels


def _rows_of_leaves(graph_nodes: _GraphNodes, trees: int, sample: int) -> NDArray[np.int64]:
    """How many rows came to each leaf of an Isolation Forest, from its weight; 0 elsewhere."""
    lengths = path_length(sample)
    left = graph_nodes.weight * (trees * lengths[sample]) - graph_nodes.depth
    # c(1) = 0 comes before c(2) = 1; there is no leaf of no rows.
    above = np.searchsorted(lengths[1:], left) + 1
    above = np.clip(above, 1, sample)
    below = np.clip(above - 1, 1, sample)
    nearest = np.where(np.abs(lengths[above] - left) <= np.abs(lengths[below] - left), above, below)
    if (np.abs(lengths[nearest] - left)[graph_nodes.is_leaf] > 1e-4).any():
        raise ValueError("a leaf's weight is not a path length")
    rows: NDArray[np.int64] = np.where(graph_nodes.is_leaf, nearest, 0)
    return rows


def _add_up(rows: NDArray[np.int64], graph_nodes: _GraphNodes) -> NDArray[np.int64]:
    """The rows of every node from those of the leaves, in place."""
    for level in reversed(graph_nodes.levels[:-1]):
        inner = level[~graph_nodes.is_leaf[level]]
        rows[inner] = rows[graph_nodes.children[inner]].sum(axis=1)
    return rows
