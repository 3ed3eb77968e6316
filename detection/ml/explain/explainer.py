"""Explaining what a model version made of a row. One explainer for each version and process, made on first use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from finobs.core.errors import Unavailable

from ... import features
from ...models import ModelVersion
from .. import scoring
from . import feature_labels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .contributions import MemberContributions

CONTRIBUTION_DECIMALS = 9
# Of two roles: champion, challenger, and one that somebody looks back at.
MAX_EXPLAINERS = 4


class Explainer:
    """A model version's members, from its ONNX graph and its metadata alone."""

    def __init__(self, version: ModelVersion) -> None:
        # The border of what is heavy: whoever only shows an explanation loads none of it.
        from . import members

        self.label, self.version_id, self.role = str(version), version.pk, str(version.role)
        self.feature_set = version.feature_set
        self.sha256 = version.sha256
        artefact = scoring.verified_artefact(bytes(version.artefact), version.sha256)
        self.names, self.members = members.graph_members(artefact)
        self._score_contributions = members.score_contributions
        self.typical: Mapping[str, str] = version.parameters.get("typical", {})
        self.where = features.get(version.feature_set).indexes(self.names)

    def explain(self, vector: NDArray[np.float32], score: float, currency: str = "") -> dict[str, Any]:
        """What is kept with an alert of one score: canonical text in the order of the model's features.

        `vector` is the whole row of the feature set, `score` the one that was given, `currency` that of the amounts.
        Raises Unavailable if the parts do not make that score.
        """
        row = vector.reshape(-1)[self.where]
        try:
            contributions, parts = self._score_contributions(self.members, row, score)
        except (ValueError, KeyError) as error:
            raise Unavailable(f"This score cannot be explained: {error}.") from error
        observed = features.as_text(self.names, row)
        lines = [
            {"name": name, "observed": observed[name], "expected": self.typical.get(name), "contribution": _text(value)}
            for name, value in zip(self.names, contributions.contributions, strict=True)
        ]
        explanation = {
            "role": self.role, "model": self.label, "model_version": self.version_id, "sha256": self.sha256,
            "feature_set": self.feature_set, "score": repr(score), "base": _text(contributions.base), "features": lines,
            "members": [_member(part) for part in parts],
        }  # fmt: skip
        return explanation | {"reasons": feature_labels.reasons(lines, currency)}


def explainer(version: ModelVersion) -> Explainer:
    """Raises Unavailable for a model that cannot be explained, or whose artefact is not what was published."""
    return _explainer(os.getpid(), version.sha256, version)


@lru_cache(maxsize=MAX_EXPLAINERS)
def _explainer(process_id: int, sha256: str, version: ModelVersion) -> Explainer:
    try:
        return Explainer(version)
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"{version} cannot be explained: {error}.") from error


def _member(part: MemberContributions) -> dict[str, Any]:
    texts = {name: [_text(value) for value in values] for name, values in part.details.items()}
    return {
        "name": part.name, "unit": part.unit, "base": _text(part.base), "value": _text(part.value),
        "contributions": [_text(value) for value in part.contributions], **texts,
    }  # fmt: skip


def _text(value: float) -> str:
    """Nine decimals; no "-0"."""
    return f"{round(float(value), CONTRIBUTION_DECIMALS) + 0.0:.{CONTRIBUTION_DECIMALS}f}"
