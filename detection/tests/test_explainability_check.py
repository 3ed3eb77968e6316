"""What cannot be explained is not published."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from detection import features
from detection.choices import ModelRole
from detection.ml.explain.explainability_check import require_explainable
from detection.ml.onnx.ensemble_graph import ensemble_graph
from detection.ml.training import anomaly
from detection.ml.training.settings import AnomalySettings
from detection.tests.test_explain_boosted import learned, rows
from finobs.core.errors import Invalid


def test_models_of_both_roles_are_explained_to_the_millionth():
    matrix = rows()
    _, artefact = learned(matrix)
    assert require_explainable(artefact, "account-1", {}, matrix, ModelRole.SUPERVISED) < 1e-6
    matrix = rows(size=len(features.ACCOUNT.names))
    trained = anomaly.train_anomaly(matrix, features.ACCOUNT, AnomalySettings(trees=20, sample=256))
    assert require_explainable(trained.artefact, "account-1", trained.parameters, matrix) < 1e-6


def changed(artefact: bytes, **metadata: str) -> bytes:
    graph = onnx.load_model_from_string(artefact)
    kept = {each.key: each.value for each in graph.metadata_props} | metadata
    del graph.metadata_props[:]
    onnx.helper.set_model_props(graph, {name: value for name, value in kept.items() if value})
    return bytes(graph.SerializeToString())


def test_a_score_that_its_parts_do_not_make_is_refused():
    """The leaves hold their rows, but the score is of half the log-odds."""
    matrix = rows()
    _, artefact = learned(matrix)
    graph = onnx.load_model_from_string(artefact)
    sigmoid = next(node for node in graph.graph.node if node.op_type == "Sigmoid")
    sigmoid.op_type, sigmoid.domain = "Tanh", ""
    with pytest.raises(Invalid, match=r"cannot be published.*the parts make a score of"):
        require_explainable(graph.SerializeToString(), "account-1", {}, matrix, ModelRole.SUPERVISED)


@pytest.mark.parametrize("metadata", [{"boosted": ""}, {"boosted": "{}"}, {"boosted": '{"leaf_rows": "1 2"}'}])
def test_a_graph_without_what_explaining_takes_is_refused(metadata):
    matrix = rows()
    _, artefact = learned(matrix)
    with pytest.raises(Invalid, match="cannot be explained"):
        require_explainable(changed(artefact, **metadata), "account-1", {}, matrix, ModelRole.SUPERVISED)


def test_nothing_to_try_it_on_is_no_proof():
    _, artefact = learned(rows())
    with pytest.raises(Invalid, match="no row"):
        require_explainable(artefact, "account-1", {}, np.empty((0, len(features.ACCOUNT.names)), np.float32))


def test_training_refuses_what_cannot_be_explained(monkeypatch):
    monkeypatch.setattr(anomaly, "ensemble_graph", lambda *given: changed(ensemble_graph(*given), ensemble=""))
    with pytest.raises(Invalid, match="its scores cannot be explained"):
        anomaly.train_anomaly(
            rows(size=len(features.ACCOUNT.names)), features.ACCOUNT, AnomalySettings(trees=20, sample=256)
        )
