"""Explaining what a model version made of a row. One explainer for each version and process, made on first use."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from finobs.core.errors import Unavailable

from .. import features, scoring
from ..models import ModelVersion
from . import words
from .forest import Forest
from .parts import Curve, Part, Shown, combine
from .reconstruction import Reconstruction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORM = 1
DECIMALS = 9
KEPT = 3
_explainers: dict[tuple[int, int, str], Explainer] = {}


class Explainer:
    """A model version's members, from its ONNX graph and its metadata alone."""

    def __init__(self, version: ModelVersion) -> None:
        import onnx

        self.label, self.version_id = str(version), version.pk
        self.feature_set = version.feature_set
        self.sha256 = version.sha256
        model = onnx.load_model_from_string(scoring.checked(bytes(version.artefact), version.sha256))
        kept = {each.key: each.value for each in model.metadata_props}
        self.names = tuple(kept["features"].split(","))
        self.typical: Mapping[str, str] = version.parameters.get("typical", {})
        self.indexes = features.get(version.feature_set).names
        self.where = [self.indexes.index(name) for name in self.names]
        self.ensemble = json.loads(kept["ensemble"]) if "ensemble" in kept else {}
        sample = int(self.ensemble.get("sample") or version.parameters["sample"])
        self.forest = Forest(model, sample, len(self.names))
        self.reconstruction = Reconstruction(self.ensemble) if self.ensemble else None

    def shown(self, row: NDArray[np.float32], score: float) -> tuple[Shown, list[Part]]:
        """The contributions to the score, and each member's own. `row` has the features that the model looks at."""
        forest = self.forest
        lengths = forest.attribute(row)
        base = forest.base
        parts = [Part("isolation_forest", "splits until it stands alone", base, base + float(lengths.sum()), lengths)]
        pca = self.reconstruction
        if pca is not None:
            found = {"reconstructed": pca.reconstructed(row), "feature_errors": pca.errors(row)}
            parts.append(Part("pca", "reconstruction error", pca.base, pca.error(row), pca.attribute(row), found))
        return combine(parts, *self._curves(), score), parts

    def _curves(self) -> tuple[list[Curve], Curve]:
        """What each member's value becomes before they are added, and what the sum becomes when it is shown."""
        normaliser = self.forest.normaliser
        if not self.ensemble:
            return [lambda length: -length / normaliser], lambda power: 2.0**power
        share, forest, pca = (self.ensemble[name] for name in ("combine", "if", "pca"))
        return [
            lambda length: share["if"] * _z(_forest_value(length / normaliser, forest["of"]), forest),
            lambda error: share["pca"] * _z(_pca_value(error, pca), pca),
        ], _display(self.ensemble["display"])

    def explain(self, vector: NDArray[np.float32], score: float) -> dict[str, Any]:
        """What is kept with an alert: canonical text in the order of the model's features.

        `vector` is the whole row of the feature set, `score` the one that was given. Raises Unavailable if the parts
        do not make that score.
        """
        row = vector.reshape(-1)[self.where]
        try:
            shown, parts = self.shown(row, score)
        except (ValueError, KeyError) as error:
            raise Unavailable(f"This score cannot be explained: {error}.") from error
        observed = features.as_text(self.names, row)
        each = [
            {"name": name, "observed": observed[name], "expected": self.typical.get(name), "contribution": _text(value)}
            for name, value in zip(self.names, shown.contributions, strict=True)
        ]
        kept = {
            "form": FORM, "model": self.label, "model_version": self.version_id, "sha256": self.sha256,
            "feature_set": self.feature_set, "score": repr(score), "base": _text(shown.base), "features": each,
            "members": [_member(part) for part in parts],
        }  # fmt: skip
        return kept | {"reasons": words.reasons(each)}


def explainer(version: ModelVersion) -> Explainer:
    """Raises Unavailable for a model that cannot be explained, or whose artefact is not what was published."""
    key = (os.getpid(), version.pk, version.sha256)
    if key not in _explainers:
        try:
            made = Explainer(version)
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"{version} cannot be explained: {error}.") from error
        while len(_explainers) >= KEPT:
            _explainers.pop(next(iter(_explainers)))
        _explainers[key] = made
    return _explainers[key]


def _member(part: Part) -> dict[str, Any]:
    texts = {name: [_text(value) for value in values] for name, values in part.details.items()}
    return {
        "name": part.name, "unit": part.unit, "base": _text(part.base), "value": _text(part.value),
        "contributions": [_text(value) for value in part.contributions], **texts,
    }  # fmt: skip


def _text(value: float) -> str:
    """Nine decimals; no "-0"."""
    return f"{round(float(value), DECIMALS) + 0.0:.{DECIMALS}f}"


def _forest_value(power: float, of: str) -> float:
    return float(2.0**-power) if of == "score" else -power


def _pca_value(error: float, kept: Mapping[str, Any]) -> float:
    return math.log(error + float(kept.get("epsilon", 0))) if kept["of"] == "log" else error


def _z(value: float, kept: Mapping[str, Any]) -> float:
    return (value - float(kept["mean"])) / float(kept["sd"])


def _display(kept: Mapping[str, Any]) -> Curve:
    if kept["kind"] == "points":
        import numpy as np

        return lambda raw: float(np.interp(raw, kept["x"], kept["y"]))
    if kept["kind"] == "fold":
        return lambda raw: 0.5 + 0.5 * raw / (1 + abs(raw))
    return lambda raw: 1 / (1 + math.exp(-float(kept["slope"]) * (raw - float(kept["centre"]))))
