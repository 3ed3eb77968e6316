"""What a graph says of itself and what is made of it: metadata there and back, curves, and trees small enough to check."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from detection import features
from detection.choices import ModelRole
from detection.features.account import RISK7, SUPERVISED
from detection.ml.explain import members, onnx_trees
from detection.ml.explain.contributions import MemberContributions, combine, slope
from detection.ml.explain.onnx_trees import TreeNodes
from detection.ml.explain.tree_shap import TreeShap
from detection.ml.onnx import graph_metadata, trees
from detection.ml.scoring import open_session, score_matrix, verified_artefact
from detection.tests import scenarios
from detection.tests.forests import coalition_value, shapley_values
from finobs.core.errors import Invalid, Unavailable

LOOKS_AT = {"anomaly": RISK7, "supervised": SUPERVISED}


def artefact_of(role: str) -> bytes:
    return scenarios._two_models()[ModelRole(role)][0]


def graph_of(role: str) -> Any:
    return onnx.load_model_from_string(artefact_of(role))


def metadata_of(role: str) -> dict[str, str]:
    return {each.key: each.value for each in graph_of(role).metadata_props}


def rows(number: int = 30, seed: int = 9) -> np.ndarray:
    """Whole rows of the feature set, some values not known."""
    chance = np.random.default_rng(seed)
    matrix = chance.lognormal(0, 0.7, size=(number, len(features.ACCOUNT.names))).astype(np.float32)
    matrix[:, 0] *= 30
    matrix[chance.random(matrix.shape) < 0.05] = np.nan
    return matrix


@pytest.mark.parametrize("role", LOOKS_AT)
def test_a_graph_names_the_features_that_it_looks_at(role):
    names, _ = members.graph_members(artefact_of(role))
    assert names == LOOKS_AT[role]
    assert metadata_of(role)["feature_set"] == "account-1"


@pytest.mark.parametrize("role", LOOKS_AT)
def test_contributions_and_base_make_the_score_that_is_served(role):
    names, explained = members.graph_members(artefact_of(role))
    matrix, where = rows(), features.ACCOUNT.indexes(names)
    served = score_matrix(open_session(artefact_of(role)), matrix)
    for row, score in zip(matrix, served, strict=True):
        contributions, parts = members.score_contributions(explained, row[where], score)
        assert contributions.base + contributions.contributions.sum() == pytest.approx(score, abs=1e-9)
        for part in parts:
            assert part.base + part.contributions.sum() == pytest.approx(part.value, abs=1e-9)


@pytest.mark.parametrize("role", LOOKS_AT)
def test_a_score_that_the_graph_does_not_give_is_not_explained(role):
    names, explained = members.graph_members(artefact_of(role))
    row = rows(1)[0][features.ACCOUNT.indexes(names)]
    (served,) = score_matrix(open_session(artefact_of(role)), rows(1))
    with pytest.raises(ValueError, match="the parts make a score of"):
        members.score_contributions(explained, row, served + 0.01)


@pytest.mark.parametrize("role", LOOKS_AT)
@pytest.mark.parametrize("missing", ["features", "own"])
def test_a_graph_that_does_not_say_what_it_takes_is_refused(role, missing):
    metadata = metadata_of(role)
    own = graph_metadata.BOOSTED_KEY if role == "supervised" else graph_metadata.ENSEMBLE_KEY
    del metadata[own if missing == "own" else missing]
    with pytest.raises(KeyError):
        members.members(graph_of(role), metadata)


@pytest.mark.parametrize("rubbish", [b"", b"rubbish", "half a graph"])
def test_what_is_no_graph_opens_no_session(rubbish):
    with pytest.raises(Exception, match=r"(?i)onnx|protobuf|invalid|model"):
        open_session(rubbish if isinstance(rubbish, bytes) else artefact_of("anomaly")[:200])


def test_an_artefact_with_another_checksum_is_not_served():
    with pytest.raises(Unavailable, match="its checksum differs"):
        verified_artefact(b"another", "0" * 64)


def test_a_graph_of_an_unknown_feature_set_is_refused():
    graph = graph_of("supervised")
    helper.set_model_props(graph, {**metadata_of("supervised"), "feature_set": "account-99"})
    with pytest.raises(Invalid, match="There is no feature set 'account-99'"):
        open_session(graph.SerializeToString())


def test_counts_of_leaves_survive_their_metadata():
    assert graph_metadata.leaf_rows(graph_metadata.boosted_metadata([3, 1, 250])) == [3, 1, 250]
    assert graph_metadata.leaf_rows(graph_metadata.boosted_metadata([])) == []


@pytest.mark.parametrize("text", ["{}", "[]", '{"leaf_rows": "3 x"}', "rubbish"])
def test_what_is_no_count_of_leaves_is_refused(text):
    with pytest.raises((ValueError, KeyError, TypeError)):
        graph_metadata.leaf_rows(text)


def test_the_metadata_of_an_ensemble_is_what_it_was_made_of():
    own = json.loads(metadata_of("anomaly")[graph_metadata.ENSEMBLE_KEY])
    size = len(RISK7)
    assert (len(own["mean"]), len(own["scale"]), len(own["weights"])) == (size, size, size)
    assert np.array(own["projector"]).shape == np.array(own["second_moment"]).shape == (size, size)
    assert own["combine"]["if"] + own["combine"]["pca"] == 1
    assert (own["sample"], own["display"], own["if"]["of"], own["pca"]["of"]) == (128, {"kind": "fold"}, "score", "log")


def test_metadata_that_is_no_number_is_not_written():
    identity, row = np.eye(2), np.zeros(2)
    with pytest.raises(ValueError, match="Out of range float values"):
        graph_metadata.ensemble_metadata(
            sample=2, mean=row * np.nan, scale=row, projector=identity, weights=row, second_moment=identity,
            forest_centre=(0, 1), pca_centre=(0, 1), forest_weight=0.5, least_error=1e-9,
        )  # fmt: skip


@pytest.mark.parametrize("role", LOOKS_AT)
def test_counts_that_are_not_those_of_the_leaves_are_refused(role):
    graph = graph_of(role)
    if role == "anomaly":
        with pytest.raises(ValueError, match=r"a leaf's weight is not a path length|do not hold its sample"):
            onnx_trees.isolation_trees(graph, 64)
        return
    counts = graph_metadata.leaf_rows(metadata_of(role)[graph_metadata.BOOSTED_KEY])
    for wrong in (counts[:-1], [*counts, 1], [0, *counts[1:]]):
        with pytest.raises(ValueError, match="not those of its leaves"):
            onnx_trees.boosted_trees(graph, wrong)
    with pytest.raises(ValueError, match="not grown on the same rows"):
        onnx_trees.boosted_trees(graph, [counts[0] + 1, *counts[1:]])


@pytest.mark.parametrize(
    ("value", "below"),
    [(0.5, 0.5), (0.1, np.nextafter(np.float32(0.1), np.float32(0))), (-0.1, np.float32(-0.1)), (1e-50, 0.0)],
)
def test_a_threshold_is_rounded_down_to_what_a_float32_holds(value, below):
    floor = trees.floor32(np.array([value]))[0]
    assert floor == np.float32(below)
    assert float(floor) <= value


@pytest.mark.parametrize(
    ("margin", "chance"), [(0.0, 0.5), (math.log(3), 0.75), (-math.log(3), 0.25), (1_000.0, 1.0), (-1_000.0, 0.0)]
)
def test_log_odds_stand_for_a_probability_at_either_end(margin, chance):
    assert members._chance(margin) == pytest.approx(chance)


@pytest.mark.parametrize(("raw", "score"), [(0.0, 0.5), (1.0, 0.75), (-1.0, 0.25), (9.0, 0.95), (-9.0, 0.05)])
def test_a_folded_score_is_a_half_where_nothing_stands_out(raw, score):
    assert members._display({"kind": "fold"})(raw) == pytest.approx(score)


def test_other_displays_are_points_and_a_slope():
    points = members._display({"kind": "points", "x": [0, 1], "y": [0.2, 0.6]})
    assert [points(raw) for raw in (-1, 0.5, 2)] == pytest.approx([0.2, 0.4, 0.6])
    assert members._display({"kind": "slope", "slope": "2", "centre": 1})(1) == 0.5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (members._forest_value(1.0, "score"), 0.5), (members._forest_value(1.0, "depth"), -1.0),
        (members._pca_value(math.e, {"of": "log"}), 1.0), (members._pca_value(0.0, {"of": "log", "epsilon": 1}), 0.0),
        (members._pca_value(2.5, {"of": "error"}), 2.5), (members._z(3.0, {"mean": 1, "sd": 4}), 0.5),
    ],
)  # fmt: skip
def test_a_member_s_value_is_turned_into_what_the_score_is_made_of(value, expected):
    assert value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("curve", "start", "end", "expected"),
    [(lambda x: x * x, 1.0, 3.0, 4.0), (lambda x: x * x, 3.0, 3.0, 6.0), (lambda x: 2 * x, 5.0, 5.0, 2.0)],
)
def test_a_slope_is_of_the_secant_or_where_there_is_none_of_the_tangent(curve, start, end, expected):
    assert slope(curve, start, end) == pytest.approx(expected)


def test_members_are_shared_out_in_units_of_the_score():
    parts = [
        MemberContributions("one", "", 1.0, 3.0, np.array([1.5, 0.5])), MemberContributions("two", "", 0.0, 1.0, np.array([1.0, 0.0]))
    ]  # fmt: skip
    combined = combine(parts, [lambda x: x, lambda x: 2 * x], lambda raw: raw / 10, 0.5)
    assert combined.base == pytest.approx(0.1)
    assert combined.contributions == pytest.approx([0.35, 0.05])


def test_what_rounding_leaves_is_shared_out_evenly_where_nothing_moved():
    still = [MemberContributions("one", "", 1.0, 1.0, np.zeros(4))]
    combined = combine(still, [lambda x: x], lambda raw: raw / 10, 0.10004)
    assert combined.contributions == pytest.approx([0.00001] * 4)


# Two trees over two features, by hand. First: split 0 at 0.5, on the right split 1 at 2. Second: a single split on 1.
#        0 [f0<=.5, 8 rows]              5 [f1<=1, 8 rows]
#    1: 3 (4 rows)   2 [f1<=2, 4 rows]   6: 10 (6)   7: 20 (2)
#                 3: 5 (1)   4: 9 (3)
NODES = TreeNodes(
    feature=np.array([0, 0, 1, 0, 0, 1, 0, 0]),
    threshold=np.array([0.5, 0, 2, 0, 0, 1, 0, 0], dtype=np.float32),
    missing=np.array([True, False, False, False, False, False, False, False]),
    children=np.array([[1, 2], [1, 1], [3, 4], [3, 3], [4, 4], [6, 7], [6, 6], [7, 7]]),
    is_leaf=np.array([False, True, False, True, True, False, True, True]),
    depth=np.array([0, 1, 1, 2, 2, 0, 1, 1]),
    roots=np.array([0, 5]),
    value=np.array([0.0, 3, 0, 5, 9, 0, 10, 20]),
    rows=np.array([8, 4, 4, 1, 3, 8, 6, 2]),
)  # fmt: skip


@pytest.mark.parametrize("row", list(itertools.product([0.5, 0.6, float("nan")], [1.0, 1.5, 2.0, 2.5, float("nan")])))
@pytest.mark.parametrize("divisor", [1, 2])
def test_contributions_of_two_trees_are_those_of_all_coalitions(row, divisor):
    shap = TreeShap(NODES, 2, divisor=divisor, start=0.25)
    values = np.array(row, dtype=np.float32)
    assert shap.attribute(values) == pytest.approx(
        shapley_values(lambda known: coalition_value(NODES, values, known) / divisor, 2)
    )


def test_the_base_of_trees_is_the_mean_of_the_rows_that_they_were_grown_on():
    mean = (3 * 4 + 5 * 1 + 9 * 3) / 8 + (10 * 6 + 20 * 2) / 8
    assert TreeShap(NODES, 2, start=0.25).base == pytest.approx(0.25 + mean)
    assert TreeShap(NODES, 2, divisor=2).base == pytest.approx(mean / 2)


def test_a_feature_that_no_tree_splits_on_contributes_nothing():
    values = TreeShap(NODES, 4).attribute(np.array([0.6, 2.5, 7.0, -7.0], dtype=np.float32))
    assert values[2:].tolist() == [0.0, 0.0]
    assert abs(values[:2]).min() > 0
