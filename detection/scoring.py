"""The champion model at work: one ONNX session for each process, made on first use and never before a fork."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finobs.core.errors import Unavailable
from transactions.models import Transaction

from . import features
from .choices import Stage
from .columns import Columns, of_transactions
from .models import ModelVersion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DECIMALS = 6
_sessions: dict[tuple[int, int, str], Any] = {}


@dataclass(frozen=True, slots=True)
class Scorer:
    """A model version with its session. Scores have six decimals, and the threshold is compared with exactly those."""

    version: ModelVersion
    session: Any

    @property
    def label(self) -> str:
        return str(self.version)

    def score(self, matrix: NDArray[np.float32]) -> list[float]:
        return score(self.session, matrix)


def champion() -> ModelVersion | None:
    """The model in force, without its artefact."""
    return ModelVersion.objects.defer("artefact", "metrics").filter(stage=Stage.CHAMPION).first()


def scorer(version: ModelVersion) -> Scorer:
    """Raises Unavailable if the artefact is not what was published."""
    key = (os.getpid(), version.pk, version.sha256)
    if key not in _sessions:
        # One model is in force at a time: what an earlier one held is let go.
        _sessions.clear()
        _sessions[key] = open_session(checked(bytes(version.artefact), version.sha256))
    return Scorer(version, _sessions[key])


def checked(artefact: bytes, sha256: str) -> bytes:
    if hashlib.sha256(artefact).hexdigest() != sha256:
        raise Unavailable("The model in force is not the one that was published: its checksum differs.")
    return artefact


def open_session(artefact: bytes) -> Any:
    """One thread: more processes scale, more threads spin (measured)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(artefact, options, providers=["CPUExecutionProvider"])
    session.looks_at = _looks_at(session.get_modelmeta().custom_metadata_map)
    return session


def _looks_at(kept: Mapping[str, str]) -> list[int] | None:
    """Which features of its set a model looks at; all of them for one that does not say of which set it is."""
    if "feature_set" not in kept:
        return None
    feature_set, names = features.get(kept["feature_set"]), kept["features"].split(",")
    return None if tuple(names) == feature_set.names else feature_set.indexes(names)


def score(session: Any, matrix: NDArray[np.float32]) -> list[float]:
    """A score in 0..1 for each row of an (n, features of the set) float32 array."""
    if session.looks_at is not None:
        matrix = matrix[:, session.looks_at]
    (found,) = session.run(["score"], {"features": matrix})
    return [round(value, DECIMALS) for value in found.reshape(-1).astype("float64").tolist()]


def columns_for(feature_set: str, transactions: Sequence[Transaction]) -> Columns:
    """The transactions as columns, with their history where the feature set needs it."""
    if not features.get(feature_set).statistics:
        return of_transactions(transactions)
    from .features import history

    return of_transactions(transactions, history.of_transactions(transactions))


def matrix_for(version: ModelVersion, columns: Columns) -> NDArray[np.float32]:
    """Every feature of the model's set, (n, all of them); the model may look at some only."""
    return features.get(version.feature_set).build(columns)
