"""The trees of a served graph as arrays by level, with how many training rows went to each node.

The nodes of a graph hold no such counts. A boosted graph has them in its metadata. In an Isolation Forest a leaf's
weight is (depth + c(rows)) / (trees * c(sample)), and c grows so fast, compared with the float32 the weight is kept
in, that the rows can be had back from it exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    import numpy as np

    counts = np.arange(sample + 1, dtype=np.float64)
    found = np.zeros(sample + 1)
    found[2:3] = 1
    found[3:] = 2 * (np.log(counts[3:] - 1) + EULER) - 2 * (counts[3:] - 1) / counts[3:]
    return found


def isolation_trees(graph: Any, sample: int) -> TreeNodes:
    """The nodes of an Isolation Forest's graph, grown on `sample` rows a tree. Raises ValueError if that cannot be."""
    import numpy as np

    found = _read(graph)
    roots = found.levels[0]
    leaf_rows = _rows_had_back(found, len(roots), sample)
    rows = _summed(leaf_rows, found)
    if (rows[roots] != sample).any():
        raise ValueError(f"the leaves of a tree do not hold its sample of {sample} rows")
    return _nodes(found, np.where(found.is_leaf, found.depth + path_length(sample)[rows], 0.0), rows)


def boosted_trees(graph: Any, leaf_rows: Sequence[int]) -> tuple[TreeNodes, float]:
    """The nodes of a boosted graph, and what their sum starts from. `leaf_rows`: how many training rows came to each
    leaf, in the order of the graph's leaves. Raises ValueError if they do not fit it."""
    import numpy as np

    found = _read(graph)
    kept = np.array(leaf_rows, dtype=np.int64)
    if len(kept) != found.is_leaf.sum() or (kept < 1).any():
        raise ValueError("the counts of training rows are not those of its leaves")
    at_leaf = np.zeros(len(found.is_leaf), dtype=np.int64)
    at_leaf[found.is_leaf] = kept
    rows = _summed(at_leaf, found)
    if len(set(rows[found.levels[0]].tolist())) != 1:
        raise ValueError("its trees were not grown on the same rows")
    return _nodes(found, np.where(found.is_leaf, found.weight, 0.0), rows), found.start


@dataclass(frozen=True, slots=True)
class _Read:
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


def _read(graph: Any) -> _Read:
    import numpy as np
    from onnx import helper

    found = [node for node in graph.graph.node if node.op_type == OPERATOR]
    if len(found) != 1:
        raise ValueError(f"the graph holds {len(found)} forests, not one")
    kept = {each.name: helper.get_attribute_value(each) for each in found[0].attribute}
    tree, local = np.array(kept["nodes_treeids"]), np.array(kept["nodes_nodeids"])
    starts = np.flatnonzero(np.r_[True, tree[1:] != tree[:-1]])
    first = np.zeros(tree.max() + 1, dtype=np.int64)
    first[tree[starts]] = starts
    if (local != np.arange(len(tree)) - first[tree]).any():
        raise ValueError("the nodes of the forest are not in order")
    modes = np.array(kept["nodes_modes"])
    is_leaf = modes == b"LEAF"
    if not np.isin(modes, (b"LEAF", b"BRANCH_LEQ")).all():
        raise ValueError("the forest splits in a way that is not known")
    own = np.arange(len(tree))
    sides = (kept["nodes_truenodeids"], kept["nodes_falsenodeids"])
    children = np.column_stack([np.where(is_leaf, own, first[tree] + np.array(side)) for side in sides])
    missing = np.array(kept.get("nodes_missing_value_tracks_true") or np.zeros(len(tree)), dtype=bool)
    levels = _levels(starts, children, is_leaf)
    depth = np.zeros(len(tree), dtype=np.int64)
    for number, level in enumerate(levels):
        depth[level] = number
    weight = np.zeros(len(tree))
    weight[first[np.array(kept["target_treeids"])] + np.array(kept["target_nodeids"])] = kept["target_weights"]
    thresholds = np.array(kept["nodes_values"], dtype=np.float32)
    start = float(sum(kept.get("base_values") or [0.0]))
    return _Read(
        np.array(kept["nodes_featureids"]), thresholds, missing, children, is_leaf, depth, weight, levels, start
    )


def _nodes(found: _Read, value: NDArray[np.float64], rows: NDArray[np.int64]) -> TreeNodes:
    _close_idle_splits(found.is_leaf, value, found.children, found.levels)
    return TreeNodes(
        found.feature, found.threshold, found.missing, found.children, found.is_leaf, found.depth, found.levels[0],
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


def _rows_had_back(found: _Read, trees: int, sample: int) -> NDArray[np.int64]:
    """How many rows came to each leaf of an Isolation Forest, from its weight; 0 elsewhere."""
    import numpy as np

    lengths = path_length(sample)
    left = found.weight * (trees * lengths[sample]) - found.depth
    # c(1) = 0 comes before c(2) = 1; there is no leaf of no rows.
    above = np.searchsorted(lengths[1:], left) + 1
    above = np.clip(above, 1, sample)
    below = np.clip(above - 1, 1, sample)
    nearest = np.where(np.abs(lengths[above] - left) <= np.abs(lengths[below] - left), above, below)
    if (np.abs(lengths[nearest] - left)[found.is_leaf] > 1e-4).any():
        raise ValueError("a leaf's weight is not a path length")
    rows: NDArray[np.int64] = np.where(found.is_leaf, nearest, 0)
    return rows


def _summed(rows: NDArray[np.int64], found: _Read) -> NDArray[np.int64]:
    """The rows of every node from those of the leaves, in place."""
    for level in reversed(found.levels[:-1]):
        inner = level[~found.is_leaf[level]]
        rows[inner] = rows[found.children[inner]].sum(axis=1)
    return rows
