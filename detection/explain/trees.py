"""The trees of a served graph as arrays by level, with how many training rows went to each node.

A graph holds no such counts. But a leaf's weight is (depth + c(rows)) / (trees * c(sample)), and c grows so fast,
compared with the float32 the weight is kept in, that the rows can be had back from it exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EULER = 0.57721566490153286061
OPERATOR = "TreeEnsembleRegressor"


@dataclass(frozen=True, slots=True)
class Nodes:
    """Every node of every tree by its index; a leaf is its own child. `value` is a leaf's path length."""

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


def read(graph: Any, sample: int) -> Nodes:
    """The nodes of the graph's forest, grown on `sample` rows a tree. Raises ValueError if that cannot be."""
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
    rows = _rows(weight, is_leaf, depth, levels, children, len(starts), sample)
    if (rows[starts] != sample).any():
        raise ValueError(f"the leaves of a tree do not hold its sample of {sample} rows")
    value = np.where(is_leaf, depth + path_length(sample)[rows], 0.0)
    _close_idle_splits(is_leaf, value, children, levels)
    return Nodes(
        np.array(kept["nodes_featureids"]), np.array(kept["nodes_values"], dtype=np.float32), missing, children,
        is_leaf, depth, starts, value, rows,
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


def _rows(
    weight: Any, is_leaf: Any, depth: Any, levels: list[Any], children: Any, trees: int, sample: int
) -> NDArray[np.int64]:
    import numpy as np

    lengths = path_length(sample)
    left = weight * (trees * lengths[sample]) - depth
    # c(1) = 0 comes before c(2) = 1; there is no leaf of no rows.
    above = np.searchsorted(lengths[1:], left) + 1
    above = np.clip(above, 1, sample)
    below = np.clip(above - 1, 1, sample)
    nearest = np.where(np.abs(lengths[above] - left) <= np.abs(lengths[below] - left), above, below)
    if (np.abs(lengths[nearest] - left)[is_leaf] > 1e-4).any():
        raise ValueError("a leaf's weight is not a path length")
    rows: NDArray[np.int64] = np.where(is_leaf, nearest, 0)
    for level in reversed(levels[:-1]):
        inner = level[~is_leaf[level]]
        rows[inner] = rows[children[inner]].sum(axis=1)
    return rows
