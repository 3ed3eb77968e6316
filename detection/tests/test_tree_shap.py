"""The forest's contributions are exact SHAP values: shap says the same, and so do all coalitions by brute force."""

from __future__ import annotations

from functools import partial

import numpy as np
import onnx
import pytest
from sklearn.ensemble import IsolationForest

from detection.ml.explain.onnx_trees import isolation_trees as read
from detection.ml.explain.onnx_trees import path_length
from detection.ml.explain.tree_shap import TreeShap
from detection.tests.forests import coalition_value, forest_graph, shapley_values, walked_value

NAMES = tuple("abcdef")


def rows(number: int = 1_500, missing: float = 0.0, features: int = 6) -> np.ndarray:
    chance = np.random.default_rng(5)
    found = chance.lognormal(size=(number, features)).astype(np.float32)
    found[:, 1] = found[:, 1] > 1
    found[chance.random(found.shape) < missing] = np.nan
    return found


def grown(matrix: np.ndarray, **settings):
    """A fitted forest, and ours from nothing but its graph."""
    settings = {"n_estimators": 20, "max_samples": 256, "random_state": 7, **settings}
    forest = IsolationForest(**settings).fit(matrix)
    names = tuple(f"f{index}" for index in range(matrix.shape[1]))
    graph = onnx.load_model_from_string(forest_graph(forest, names))
    nodes = read(graph, forest.max_samples_)
    return forest, TreeShap(nodes, matrix.shape[1], divisor=len(nodes.roots))


@pytest.mark.parametrize(
    "settings",
    [{}, {"max_samples": 1_024}, {"max_features": 0.5}, {"max_samples": 2}, {"n_estimators": 1}],
    ids=["usual", "deep", "some features", "stumps", "one tree"],
)
def test_the_explanation_of_a_forest_agrees_with_shap(settings):
    shap = pytest.importorskip("shap")
    matrix = rows()
    forest, ours = grown(matrix, **settings)
    theirs = shap.TreeExplainer(forest)
    assert ours.base == pytest.approx(float(np.ravel(theirs.expected_value)[0]), abs=1e-9)
    expected = theirs.shap_values(matrix[:40])
    for row, values in zip(matrix[:40], expected, strict=True):
        assert np.abs(ours.attribute(row) - values).max() < 1e-9


def test_the_explanation_of_a_forest_agrees_with_shap_on_thresholds():
    shap = pytest.importorskip("shap")
    matrix = rows()
    forest, ours = grown(matrix)
    theirs = shap.TreeExplainer(forest)
    nodes = ours.nodes
    for index in np.flatnonzero(~nodes.is_leaf)[:60]:
        row = matrix[index].copy()
        row[nodes.feature[index]] = nodes.threshold[index]
        assert np.abs(ours.attribute(row) - theirs.shap_values(row[None])[0]).max() < 1e-9


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_contributions_and_base_add_up_to_the_length_that_scikit_learn_scores_by(missing):
    matrix = rows(missing=missing)
    forest, ours = grown(matrix)
    scores = -forest.score_samples(matrix[:50])
    for row, score in zip(matrix[:50], scores, strict=True):
        length = ours.base + ours.attribute(row).sum()
        assert length == pytest.approx(walked_value(ours, row), abs=1e-9)
        assert 2 ** -(length / path_length(256)[256]) == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_all_coalitions_say_the_same(missing):
    matrix = rows(missing=missing, features=4)
    _, ours = grown(matrix, n_estimators=4, max_samples=64)
    for row in matrix[:3]:
        expected = shapley_values(partial(coalition_value, ours.nodes, row), 4)
        assert ours.attribute(row) == pytest.approx(np.array(expected) / len(ours.nodes.roots), abs=1e-9)


def test_the_rows_of_every_leaf_are_had_back_from_its_weight():
    matrix = rows()
    forest, ours = grown(matrix, max_samples=1_024)
    counts = np.concatenate([tree.tree_.n_node_samples for tree in forest.estimators_])
    assert (ours.nodes.rows == counts).all()


def test_path_lengths_are_scikit_learns():
    from sklearn.ensemble._iforest import _average_path_length

    assert np.allclose(path_length(5_000), _average_path_length(np.arange(5_001)), atol=1e-12)


def test_a_wrong_sample_is_refused():
    matrix = rows()
    forest = IsolationForest(n_estimators=3, max_samples=256, random_state=7).fit(matrix)
    graph = onnx.load_model_from_string(forest_graph(forest, NAMES))
    with pytest.raises(ValueError, match=r"path length|sample of"):
        read(graph, 255)


def test_a_graph_without_a_forest_is_refused():
    graph = onnx.load_model_from_string(
        forest_graph(IsolationForest(n_estimators=1, random_state=1).fit(rows()), NAMES)
    )
    del graph.graph.node[0]
    with pytest.raises(ValueError, match="holds 0 forests"):
        read(graph, 256)


def test_a_forest_that_never_splits_contributes_nothing():
    matrix = np.ones((300, 3), dtype=np.float32)
    _, ours = grown(matrix)
    assert ours.attribute(matrix[0]).tolist() == [0, 0, 0]
    assert ours.base == pytest.approx(walked_value(ours, matrix[0]))
