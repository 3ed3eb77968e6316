"""Models at work: one ONNX session for each version and process, made on first use and never before a fork."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from finobs.core.errors import Unavailable

from .. import features
from ..models import ModelVersion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCORE_DECIMALS = 6
# Champions of both roles, and what scores beside them.
MAX_SESSIONS = 6
# What the ensemble's graph says of its members, by the column that keeps it.
MEMBER_COLUMNS = ("if_score", "pca_error")


@dataclass(frozen=True, slots=True)
class ModelScores:
    """What a version makes of a batch: a score for each row, and its members' own where it has members.

    Scores have six decimals, and the threshold is compared with exactly those.
    """

    version: ModelVersion
    scores: list[float]
    members: dict[str, list[float]]


def score_version(version: ModelVersion, matrix: NDArray[np.float32]) -> ModelScores:
    """`matrix` has the whole feature set. Raises Unavailable if the artefact is not what was published."""
    session = session_of(version)
    names = [name for name in MEMBER_COLUMNS if name in session.offers]
    scores, *members = _run(session, matrix, ["score", *names])
    return ModelScores(version, scores, dict(zip(names, members, strict=True)))


def session_of(version: ModelVersion) -> Any:
    """The version's session in this process, made on first use. Raises Unavailable for an artefact that differs."""
    return _session(os.getpid(), version.sha256, version)


@lru_cache(maxsize=MAX_SESSIONS)
def _session(process_id: int, sha256: str, version: ModelVersion) -> Any:
    """A session does not survive a fork, hence `process_id`."""
    return open_session(verified_artefact(bytes(version.artefact), sha256))


def verified_artefact(artefact: bytes, sha256: str) -> bytes:
    if hashlib.sha256(artefact).hexdigest() != sha256:
        raise Unavailable("The model in force is not the one that was published: its checksum differs.")
    return artefact


def open_session(artefact: bytes) -> Any:
    """One thread: more processes scale, more threads spin (measured).

    The only place that imports onnxruntime: its telemetry is off, by `finobs.settings.vendors` and once more here.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(artefact, options, providers=["CPUExecutionProvider"])
    session.looks_at = _looks_at(session.get_modelmeta().custom_metadata_map)
    session.offers = frozenset(output.name for output in session.get_outputs())
    return session


def _looks_at(metadata: Mapping[str, str]) -> list[int] | None:
    """Which features of its set a model looks at; all of them for one that does not say of which set it is."""
    if "feature_set" not in metadata:
        return None
    feature_set, names = features.get(metadata["feature_set"]), metadata["features"].split(",")
    return None if tuple(names) == feature_set.names else feature_set.indexes(names)


def score_matrix(session: Any, matrix: NDArray[np.float32]) -> list[float]:
    """A score in 0..1 for each row of an (n, features of the set) float32 array."""
    return _run(session, matrix, ["score"])[0]


def _run(session: Any, matrix: NDArray[np.float32], outputs: list[str]) -> list[list[float]]:
    if session.looks_at is not None:
        matrix = matrix[:, session.looks_at]
    columns = session.run(outputs, {"features": matrix})
    return [
        [round(value, SCORE_DECIMALS) for value in column.reshape(-1).astype("float64").tolist()] for column in columns
    ]
