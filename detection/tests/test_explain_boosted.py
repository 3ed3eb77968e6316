"""The supervised model's contributions: exact SHAP values of its log-odds, adding up to the probability that is shown."""

from __future__ import annotations

import hashlib
from functools import partial

import numpy as np
import onnx
import pytest

from detection import features
from detection.choices import ModelRole
from detection.ml import scoring
from detection.ml.estimators import boosting
from detection.ml.estimators.settings import BoostingSettings
from detection.ml.explain import Explainer, waterfall
from detection.ml.explain.members import members
from detection.ml.explain.onnx_trees import boosted_trees
from detection.ml.explain.tree_shap import TreeShap
from detection.ml.onnx.boosted_graph import boosted_graph
from detection.ml.onnx.graph_metadata import BOOSTED_KEY, boosted_metadata, leaf_rows
from detection.models import ModelVersion
from detection.tests.forests import coalition_value, shapley_values, walked_value
from finobs.core.errors import Unavailable

NAMES = features.ACCOUNT.names[:7]


def rows(number: int = 3_000, missing: float = 0.0, size: int = len(NAMES)) -> np.ndarray:
    chance = np.random.default_rng(11)
    found = chance.lognormal(size=(number, size)).astype(np.float32)
    found[:, 1] = found[:, 1] > 1
    found[chance.random(found.shape) < missing] = np.nan
    return found


def learned(matrix: np.ndarray, **settings):
    """A fitted model, and its trees from nothing but its graph."""
    suspicious = (np.nan_to_num(matrix[:, 0], nan=5.0) * np.nan_to_num(matrix[:, 2], nan=0.1) > 2) & (
        np.nan_to_num(matrix[:, 1]) < 1
    )
    chosen = BoostingSettings(**{"rounds": 40, **settings})
    ranker = boosting.fit_ranker(matrix, suspicious, list(range(matrix.shape[1])), chosen)
    names = NAMES[: matrix.shape[1]]
    return ranker, boosted_graph(ranker.model, names, {"feature_set": features.ACCOUNT.name})


def trees_of(artefact: bytes) -> TreeShap:
    graph = onnx.load_model_from_string(artefact)
    return members(graph, {each.key: each.value for each in graph.metadata_props}).forest


def version(artefact: bytes, **fields) -> ModelVersion:
    sha256 = hashlib.sha256(artefact).hexdigest()
    return ModelVersion(
        **{"role": ModelRole.SUPERVISED, "kind": "supervised", "number": 1, "feature_set": features.ACCOUNT.name,
           "artefact": artefact, "sha256": sha256, **fields}
    )  # fmt: skip


def total(kept) -> float:
    return float(kept["base"]) + sum(float(each["contribution"]) for each in kept["features"])


@pytest.mark.parametrize("settings", [{}, {"rounds": 1}, {"leaves": 31, "least_in_leaf": 5}, {"leaves": 2}])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_the_explanation_of_a_boosted_model_agrees_with_shap(settings, missing):
    shap = pytest.importorskip("shap")
    matrix = rows(missing=missing)
    ranker, artefact = learned(matrix, **settings)
    theirs, ours = shap.TreeExplainer(ranker.model, feature_perturbation="tree_path_dependent"), trees_of(artefact)
    # Leaves and baseline are float32 in the graph.
    assert ours.base == pytest.approx(float(np.ravel(theirs.expected_value)[0]), abs=1e-6)
    expected = theirs.shap_values(matrix[:40], check_additivity=False)
    for row, values in zip(matrix[:40], expected, strict=True):
        assert np.abs(ours.attribute(row) - values).max() < 1e-6


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_contributions_and_base_add_up_to_the_log_odds(missing):
    matrix = rows(missing=missing)
    ranker, artefact = learned(matrix)
    ours = trees_of(artefact)
    margins = ranker.model.decision_function(matrix[:50])
    for row, margin in zip(matrix[:50], margins, strict=True):
        found = ours.base + ours.attribute(row).sum()
        assert found == pytest.approx(walked_value(ours, row), abs=1e-9)
        assert found == pytest.approx(margin, abs=1e-5)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_all_coalitions_say_the_same(missing):
    matrix = rows(missing=missing, size=4)
    _, artefact = learned(matrix, rounds=6)
    ours = trees_of(artefact)
    for row in matrix[:3]:
        expected = shapley_values(partial(coalition_value, ours.nodes, row), 4)
        assert ours.attribute(row) == pytest.approx(expected, abs=1e-9)


def test_the_graph_keeps_how_many_rows_came_to_each_leaf_and_little_else():
    ranker, artefact = learned(rows())
    nodes = trees_of(artefact).nodes
    counts = np.concatenate([tree.nodes["count"] for (tree,) in ranker.model._predictors])
    assert (nodes.rows == counts).all()
    kept = {each.key: each.value for each in onnx.load_model_from_string(artefact).metadata_props}
    assert len(kept[BOOSTED_KEY]) < 0.06 * len(artefact)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_every_probability_is_explained_to_the_millionth(missing):
    matrix = rows(missing=missing)
    _, artefact = learned(matrix)
    scores = scoring.score_matrix(scoring.open_session(artefact), matrix[:200])
    explainer = Explainer(version(artefact))
    for row, score in zip(matrix, scores, strict=False):
        kept = explainer.explain(row, score)
        assert total(kept) == pytest.approx(score, abs=1e-6)
        (member,) = kept["members"]
        own = float(member["base"]) + sum(float(each) for each in member["contributions"])
        assert own == pytest.approx(float(member["value"]), abs=1e-7)
        assert (member["name"], member["unit"]) == ("gradient_boosting", "log-odds")
        for each, inside in zip(kept["features"], member["contributions"], strict=True):
            assert float(each["contribution"]) * float(inside) > -1e-12, "no sign changes on the way to the probability"
    assert waterfall(kept).unit == "probability of being confirmed suspicious"
    assert max(scores) > 0.8 > 0.1 > min(scores)


def test_counts_of_other_trees_are_refused():
    _, artefact = learned(rows())
    graph = onnx.load_model_from_string(artefact)
    counts = leaf_rows({each.key: each.value for each in graph.metadata_props}[BOOSTED_KEY])
    for wrong in (counts[:-1], [0, *counts[1:]], [counts[0] + 1, *counts[1:]]):
        with pytest.raises(ValueError, match=r"counts of training rows|on the same rows"):
            boosted_trees(graph, wrong)


def test_counts_are_had_back_as_they_were_written():
    assert leaf_rows(boosted_metadata([1, 250_000, 40])) == [1, 250_000, 40]


def test_a_graph_that_is_more_than_its_trees_is_not_explained():
    """As one with a calibration behind it would be."""
    matrix = rows()
    _, artefact = learned(matrix)
    (score,) = scoring.score_matrix(scoring.open_session(artefact), matrix[:1])
    with pytest.raises(Unavailable, match="the parts make a score of"):
        Explainer(version(artefact)).explain(matrix[0], score * 0.9)
