"""What is served is what was fitted: the ensemble and the supervised model as ONNX graphs."""

from __future__ import annotations

import numpy as np
import pytest

from detection.ml import scoring
from detection.ml.estimators import boosting, ensemble
from detection.ml.estimators.settings import BoostingSettings, EnsembleSettings
from detection.ml.onnx.boosted_graph import boosted_graph
from detection.ml.onnx.ensemble_graph import OUTPUTS, ensemble_graph
from finobs.core.errors import Invalid

NAMES = tuple("abcdef")
LOOKS_AT = [1, 3, 4]


def rows(number=4_000, seed=1, missing=0.0):
    chance = np.random.default_rng(seed)
    found = chance.lognormal(size=(number, len(NAMES))).astype(np.float32)
    found[:, 3] += found[:, 1]
    found[chance.random(found.shape) < missing] = np.nan
    return found


def labels(matrix):
    return np.nan_to_num(matrix[:, 1], nan=9.0) > 4


def opened(fitted):
    return scoring.open_session(ensemble_graph(fitted, [NAMES[index] for index in fitted.indexes], {}))


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_every_output_of_the_ensemble_is_what_was_fitted(missing):
    matrix = rows(missing=missing)
    fitted = ensemble.fit_ensemble(matrix, LOOKS_AT, EnsembleSettings(trees=30, sample=256))
    expected = fitted.parts(matrix)
    served = dict(zip(OUTPUTS, opened(fitted).run(list(OUTPUTS), {"features": matrix[:, LOOKS_AT]}), strict=True))
    for name in OUTPUTS[1:]:
        assert np.allclose(served[name].squeeze(), expected[name], rtol=2e-6, atol=2e-6), name
    assert np.abs(served["score"].reshape(-1) - expected["score"]).max() < 1e-6


def test_the_score_of_the_ensemble_rises_with_the_amount_for_ever():
    matrix = rows()
    fitted = ensemble.fit_ensemble(matrix, LOOKS_AT, EnsembleSettings(trees=30, sample=256))
    far = np.repeat(matrix[:1, LOOKS_AT], 4, axis=0)
    far[:, 0] = [1e3, 25e3, 1e6, 1e7]
    scores = scoring.score_matrix(opened(fitted), far)
    assert scores == sorted(set(scores))
    assert scores[-1] < 1


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 129, 1000])
def test_a_row_scores_the_same_in_every_batch(size):
    matrix = rows(2_000)
    fitted = ensemble.fit_ensemble(matrix, LOOKS_AT, EnsembleSettings(trees=30, sample=256))
    ranker = boosting.fit_ranker(matrix, labels(matrix), LOOKS_AT, BoostingSettings(rounds=30))
    for session in (opened(fitted), scoring.open_session(boosted_graph(ranker.model, "bde", {}))):
        own = matrix[:, LOOKS_AT]
        parts = [scoring.score_matrix(session, own[at : at + size]) for at in range(0, len(own), size)]
        assert [value for part in parts for value in part] == scoring.score_matrix(session, own)


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_the_supervised_graph_is_what_was_fitted(missing):
    matrix = rows(missing=missing)
    ranker = boosting.fit_ranker(matrix, labels(matrix), LOOKS_AT, BoostingSettings(rounds=50))
    (served,) = scoring.open_session(boosted_graph(ranker.model, "bde", {})).run(
        ["score"], {"features": matrix[:, LOOKS_AT]}
    )
    assert np.abs(served.reshape(-1) - ranker.score(matrix)).max() < 1e-5


def test_too_few_outcomes_teach_nothing():
    matrix = rows(200)
    suspicious = np.arange(200) < 10
    with pytest.raises(Invalid, match="few outcomes"):
        boosting.fit_ranker(matrix, suspicious, LOOKS_AT, BoostingSettings())
    with pytest.raises(Invalid, match="nothing to tell them from"):
        boosting.fit_ranker(matrix, np.ones(200, dtype=bool), LOOKS_AT, BoostingSettings())
