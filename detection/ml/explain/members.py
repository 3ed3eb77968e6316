"""What a score is made of, for each kind of model: its members with their own SHAP values, and the curves that make
the shown score of them. From the ONNX graph and its metadata alone."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray

from ..onnx import graph_metadata as keys
from . import onnx_trees
from .contributions import Curve, MemberContributions, ScoreContributions, combine
from .pca_shap import PcaShap
from .tree_shap import TreeShap


class ExplainedMembers(Protocol):
    """Every member is a sum over features; score = display(sum of curve(value) over the members)."""

    forest: TreeShap

    def parts(self, row: NDArray[np.float32]) -> list[MemberContributions]: ...
    def curves(self) -> tuple[list[Curve], Curve]: ...


def graph_members(artefact: bytes) -> tuple[tuple[str, ...], ExplainedMembers]:
    """The features that a serialised graph looks at, and its members. Raises as `members`."""
    graph = onnx.load_model_from_string(artefact)
    metadata = {each.key: each.value for each in graph.metadata_props}
    return tuple(metadata["features"].split(",")), members(graph, metadata)


def score_contributions(
    explained: ExplainedMembers, row: NDArray[np.float32], score: float
) -> tuple[ScoreContributions, list[MemberContributions]]:
    """The contributions to `score`, and each member's own. Raises ValueError where the parts do not make it."""
    parts = explained.parts(row)
    return combine(parts, *explained.curves(), score), parts


def members(graph: Any, metadata: Mapping[str, str]) -> ExplainedMembers:
    """Raises ValueError or KeyError for a graph that does not say what it takes to explain it."""
    features = len(metadata["features"].split(","))
    if keys.BOOSTED_KEY in metadata:
        return BoostedMember(graph, keys.leaf_rows(metadata[keys.BOOSTED_KEY]), features)
    return AnomalyMembers(graph, features, json.loads(metadata[keys.ENSEMBLE_KEY]))


class BoostedMember:
    """Gradient boosting: log-odds are the sum of its trees, the score is the probability that they stand for."""

    def __init__(self, graph: Any, leaf_rows: list[int], features: int) -> None:
        nodes, start = onnx_trees.boosted_trees(graph, leaf_rows)
        self.forest = TreeShap(nodes, features, start=start)

    def parts(self, row: NDArray[np.float32]) -> list[MemberContributions]:
        margins, base = self.forest.attribute(row), self.forest.base
        return [MemberContributions("gradient_boosting", "log-odds", base, base + float(margins.sum()), margins)]

    def curves(self) -> tuple[list[Curve], Curve]:
        return [lambda margin: margin], _chance


class AnomalyMembers:
    """An Isolation Forest with a PCA reconstruction beside it."""

    def __init__(self, graph: Any, features: int, ensemble: dict[str, Any]) -> None:
        sample = int(ensemble["sample"])
        nodes = onnx_trees.isolation_trees(graph, sample)
        self.forest = TreeShap(nodes, features, divisor=len(nodes.roots))
        self.normaliser = float(onnx_trees.path_length(sample)[sample])
        self.ensemble = ensemble
        self.reconstruction = PcaShap(ensemble)

    def parts(self, row: NDArray[np.float32]) -> list[MemberContributions]:
        lengths, base = self.forest.attribute(row), self.forest.base
        pca = self.reconstruction
        details = {"reconstructed": pca.reconstructed(row), "feature_errors": pca.errors(row)}
        return [
            MemberContributions(
                "isolation_forest", "splits until it stands alone", base, base + float(lengths.sum()), lengths
            ),
            MemberContributions("pca", "reconstruction error", pca.base, pca.error(row), pca.attribute(row), details),
        ]

    def curves(self) -> tuple[list[Curve], Curve]:
        normaliser = self.normaliser
        share, forest, pca = (self.ensemble[name] for name in ("combine", "if", "pca"))
        return [
            lambda length: share["if"] * _z(_forest_value(length / normaliser, forest["of"]), forest),
            lambda error: share["pca"] * _z(_pca_value(error, pca), pca),
        ], _display(self.ensemble["display"])


def _chance(margin: float) -> float:
    """The logistic function, without overflow at either end."""
    return 1 / (1 + math.exp(-margin)) if margin >= 0 else math.exp(margin) / (1 + math.exp(margin))


def _forest_value(power: float, of: str) -> float:
    return float(2.0**-power) if of == "score" else -power


def _pca_value(error: float, scale: Mapping[str, Any]) -> float:
    return math.log(error + float(scale.get("epsilon", 0))) if scale["of"] == "log" else error


def _z(value: float, scale: Mapping[str, Any]) -> float:
    return (value - float(scale["mean"])) / float(scale["sd"])


def _display(scale: Mapping[str, Any]) -> Curve:
    if scale["kind"] == "points":
        return lambda raw: float(np.interp(raw, scale["x"], scale["y"]))
    if scale["kind"] == "fold":
        return lambda raw: 0.5 + 0.5 * raw / (1 + abs(raw))
    return lambda raw: 1 / (1 + math.exp(-float(scale["slope"]) * (raw - float(scale["centre"]))))
