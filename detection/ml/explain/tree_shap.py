"""Exact path-dependent SHAP values of trees (Lundberg et al. 2020, algorithm 2), without shap: of the mean of a
forest, or of the sum of boosted trees.

The value of a set S of known features is, summed over leaves, v * prod(o_k for k in S) * prod(z_k for k not in S):
o_k is 1 where the row takes every split on k on the way to the leaf, z_k the share of training rows that take them.
Its Shapley value for j is v * (o_j - z_j) * integral over t in 0..1 of prod((1-t) z_k + t o_k for k other than j):
a polynomial in t, so a few Gauss-Legendre points give it exactly. Leaves share the products of the way that they
share, so it is one pass down and one pass up by level (compare Linear TreeSHAP, Yu et al. 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .onnx_trees import TreeNodes


@dataclass(frozen=True, slots=True)
class _Level:
    """The edges into the nodes of one level, as a slice of all edges: those to the left first, then those to the right.

    inner: which of them lead to splits. Their children are the next level, in this order.
    """

    edges: slice
    inner: NDArray[np.int64]


class TreeShap:
    """Arrays for one model's trees, made once. `attribute` then takes a row.

    The value of a row is `start` + the sum of its leaves / `divisor`: the number of trees gives their mean.
    """

    def __init__(self, nodes: TreeNodes, features: int, *, divisor: int = 1, start: float = 0.0) -> None:
        self.nodes, self.features, self.divisor = nodes, features, float(divisor)
        self.start = start
        self._tabulate(self._lay_out())
        shares = nodes.rows / nodes.rows[nodes.roots[0]]
        # The mean value of the rows that the trees were grown on.
        self.base = start + float((nodes.value * shares * nodes.is_leaf).sum() / self.divisor)

    def _lay_out(self) -> int:
        """Put the edges in order by level; returns how many features the richest way to a leaf splits on.

        Edge 0 stands for "no split on this feature yet": every row takes it.
        """
        nodes, self.levels = self.nodes, []
        edges: dict[str, Any] = {
            "low": np.array([-np.inf], np.float32), "high": np.array([np.inf], np.float32),
            "missing": np.array([True]), "share": np.array([1.0]), "feature": np.array([0]),
            "before": np.array([0]), "value": np.array([0.0]),
        }  # fmt: skip
        latest = np.zeros((len(nodes.roots), self.features), dtype=np.int64)  # by node, the last edge on each feature
        at, max_features = 1, 0
        self.top = np.flatnonzero(~nodes.is_leaf[nodes.roots])
        level, inner = nodes.roots, self.top
        while len(inner):
            added = self._edges(level[inner], latest[inner], edges)
            size = len(added["ends"])
            latest = np.tile(latest[inner], (2, 1))
            latest[np.arange(size), added["feature"]] = np.arange(at, at + size)
            max_features = max(max_features, int((latest > 0).sum(axis=1).max()))
            level = added.pop("ends")
            inner = np.flatnonzero(~nodes.is_leaf[level])
            self.levels.append(_Level(slice(at, at + size), inner))
            at += size
            edges = {name: np.concatenate([edges[name], added[name]]) for name in edges}
        self.low, self.high, self.missing = edges["low"], edges["high"], edges["missing"]
        self.share, self.feature, self.before, self.value = (
            edges[name] for name in ("share", "feature", "before", "value")
        )
        return max_features

    def _edges(self, split: Any, latest: Any, edges: dict[str, Any]) -> dict[str, Any]:
        """The edges from these nodes: what values of its feature come so far, and what share of the rows."""
        nodes, size = self.nodes, len(split)
        ends = nodes.children[split].T.reshape(-1)
        feature, threshold = np.tile(nodes.feature[split], 2), np.tile(nodes.threshold[split], 2)
        before = np.tile(latest[np.arange(size), nodes.feature[split]], 2)
        is_left = np.arange(2 * size) < size
        low, high = edges["low"][before], edges["high"][before]
        return {
            "ends": ends, "feature": feature, "before": before, "value": nodes.value[ends],
            "low": np.where(is_left, low, np.maximum(low, threshold)),
            "high": np.where(is_left, np.minimum(high, threshold), high),
            "missing": edges["missing"][before] & (np.tile(nodes.missing[split], 2) == is_left),
            "share": edges["share"][before] * nodes.rows[ends] / np.tile(nodes.rows[split], 2),
        }  # fmt: skip

    def _tabulate(self, max_features: int) -> None:
        """What each edge makes of the product on the way, and of the contribution, for each of three states:
        0 the feature failed before, 1 it fails here, 2 it holds. Arrays of (points, 3 * edges), state by state."""
        points, weights = np.polynomial.legendre.leggauss(max(1, (max_features + 1) // 2))
        t, weights = (points[:, None] + 1) / 2, weights[:, None] / 2
        z, z_before = self.share, self.share[self.before]
        fails, fails_before = (1 - t) * z, (1 - t) * z_before
        holds, holds_before = fails + t, fails_before + t
        was = (1 - z_before) / holds_before * (self.before > 0)
        zero = np.zeros_like(fails)
        ratio = [fails / fails_before, fails / holds_before, holds / holds_before]
        gain = [zero, -z / fails - was, (1 - z) / holds - was]
        self.points, self._edge = len(t), np.arange(len(z))
        # By state first: what is read together lies together.
        self._ratio = np.stack(ratio, axis=1).reshape(self.points, -1)
        self._gain = (np.stack(gain, axis=1) * weights[:, :, None]).reshape(self.points, -1)

    def holds(self, row: NDArray[np.float32]) -> NDArray[np.bool_]:
        """For each edge: does the row take every split on its feature down to it? A missing value goes as trained."""
        values = row[self.feature]
        holds: NDArray[np.bool_] = (values > self.low) & (values <= self.high)
        if np.isnan(row).any():
            holds = np.where(np.isnan(values), self.missing, holds)
        holds[0] = True
        return holds

    def attribute(self, row: NDArray[np.float32]) -> NDArray[np.float64]:
        """Each feature's contribution; they and `base` add up to the value of the row."""
        holds = self.holds(row)
        held_before = holds[self.before]
        state = self._edge + (holds.astype(np.int64) + held_before) * len(holds)
        below = np.take(self._ratio, state, axis=1)
        self._multiply_down(below)
        below *= self.value
        self._add_up(below)
        counted = np.flatnonzero(held_before)[1:]
        gains = (np.take(below, counted, axis=1) * np.take(self._gain, state[counted], axis=1)).sum(axis=0)
        return np.bincount(self.feature[counted], weights=gains, minlength=self.features) / self.divisor

    def _multiply_down(self, edges: NDArray[np.float64]) -> None:
        """The product on the whole way from the root to each edge's end, in place."""
        above = np.ones((self.points, len(self.top)))
        for level in self.levels:
            part = edges[:, level.edges]
            half = part.shape[1] // 2
            part[:, :half] *= above
            part[:, half:] *= above
            above = np.take(part, level.inner, axis=1)

    def _add_up(self, edges: NDArray[np.float64]) -> None:
        """The sum over the leaves under each edge, in place."""
        under: NDArray[np.float64] | None = None
        for level in reversed(self.levels):
            part = edges[:, level.edges]
            if under is not None:
                part[:, level.inner] = under
            half = part.shape[1] // 2
            under = part[:, :half] + part[:, half:]
