"""Models at work: one ONNX session for each version and process, made on first use and never before a fork."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finobs.core.errors import Unavailable
from transactions.models import Transaction

from .. import features
from ..features.columns import Columns, of_transactions
from ..models import ModelVersion
from ..remembered import remember

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCORE_DECIMALS = 6
# Champions of both roles, and what scores beside them.
MAX_SESSIONS = 6
# What the ensemble's graph says of its members, by the column that keeps it.
MEMBER_COLUMNS = ("if_score", "pca_error")
_sessions: dict[tuple[int, int, str], Any] = {}


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
    kept = [name for name in MEMBER_COLUMNS if name in session.offers]
    found, *members = _run(session, matrix, ["score", *kept])
    return ModelScores(version, found, dict(zip(kept, members, strict=True)))


def session_of(version: ModelVersion) -> Any:
    """The version's session in this process, made on first use. Raises Unavailable for an artefact that differs."""
    key = (os.getpid(), version.pk, version.sha256)
    found = _sessions.get(key)
    if found is None:
        made = open_session(verified_artefact(bytes(version.artefact), version.sha256))
        found = remember(_sessions, key, made, MAX_SESSIONS)
    return found


def verified_artefact(artefact: bytes, sha256: str) -> bytes:
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
    session.offers = frozenset(output.name for output in session.get_outputs())
    return session


def _looks_at(kept: Mapping[str, str]) -> list[int] | None:
    """Which features of its set a model looks at; all of them for one that does not say of which set it is."""
    if "feature_set" not in kept:
        return None
    feature_set, names = features.get(kept["feature_set"]), kept["features"].split(",")
    return None if tuple(names) == feature_set.names else feature_set.indexes(names)


def score_matrix(session: Any, matrix: NDArray[np.float32]) -> list[float]:
    """A score in 0..1 for each row of an (n, features of the set) float32 array."""
    return _run(session, matrix, ["score"])[0]


def _run(session: Any, matrix: NDArray[np.float32], outputs: list[str]) -> list[list[float]]:
    if session.looks_at is not None:
        matrix = matrix[:, session.looks_at]
    found = session.run(outputs, {"features": matrix})
    return [
        [round(value, SCORE_DECIMALS) for value in column.reshape(-1).astype("float64").tolist()] for column in found
    ]


def columns_for(feature_set: str, transactions: Sequence[Transaction], as_of: int | None = None) -> Columns:
    """The transactions as columns, with their history where the feature set needs it: as they came in, or as of an id
    that came later (`history.of_transactions`)."""
    if not features.get(feature_set).statistics:
        return of_transactions(transactions)
    from ..features import history

    return of_transactions(transactions, history.of_transactions(transactions, as_of))


def matrix_for(feature_set: str, columns: Columns) -> NDArray[np.float32]:
    """Every feature of the set, (n, all of them); a model may look at some only."""
    return features.get(feature_set).build(columns)
