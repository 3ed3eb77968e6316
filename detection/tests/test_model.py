"""Model versions: trained, checked, put in force, retired."""

from __future__ import annotations

import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from approvals.models import ApprovalRequest
from detection import features
from detection.ml import scoring
from detection.ml.onnx import trees
from detection.ml.registry.services import model_promote
from detection.ml.training import anomaly
from detection.ml.training.parity import ComparableModel, forest_splits, parity
from detection.ml.training.services import model_train
from detection.ml.training.settings import AnomalySettings
from detection.models import ModelVersion
from detection.tests import scenarios
from detection.tests.forests import forest_graph
from finobs.core.errors import Invalid, NotAllowed
from finobs.ledger.models import Event
from tests import factories

QUICK = AnomalySettings(trees=12, sample=256)


def sample(rows=3_000, seed=1):
    chance = np.random.default_rng(seed)
    return chance.normal(size=(rows, len(features.ACCOUNT.names))).astype(np.float32)


def of(forest):
    return ComparableModel(lambda rows: -forest.score_samples(rows), forest_splits(forest))


@pytest.fixture(scope="module")
def fitted():
    from sklearn.ensemble import IsolationForest

    matrix = sample()
    forest = IsolationForest(n_estimators=20, max_samples=512, random_state=2).fit(matrix)
    session = scoring.open_session(forest_graph(forest, features.ACCOUNT.names))
    return forest, session, matrix


def test_the_graph_scores_as_what_was_fitted(fitted):
    forest, session, matrix = fitted
    assert np.abs(np.array(scoring.score_matrix(session, matrix)) + forest.score_samples(matrix)).max() < 1e-5


def test_the_score_is_two_to_the_minus_depth(fitted):
    _, session, matrix = fitted
    depth, score = session.run(["depth", "score"], {"features": matrix})
    assert np.array_equal(score, np.exp2(-depth.astype(np.float64)).astype(np.float32))


def test_rows_on_thresholds_agree_and_naive_casting_would_not(fitted, monkeypatch):
    forest, session, matrix = fitted
    difference, compared = parity(of(forest), session, matrix)
    assert difference < 1e-6
    assert compared >= 10_000
    monkeypatch.setattr(trees, "floor32", lambda values: values.astype(np.float32))
    naive = scoring.open_session(forest_graph(forest, features.ACCOUNT.names))
    with pytest.raises(Invalid, match="differs from what was fitted"):
        parity(of(forest), naive, matrix)


def test_missing_values_go_where_they_went_in_training():
    from sklearn.ensemble import IsolationForest

    matrix = sample()
    matrix[np.random.default_rng(5).random(matrix.shape) < 0.2] = np.nan
    forest = IsolationForest(n_estimators=20, max_samples=512, random_state=2).fit(matrix)
    session = scoring.open_session(forest_graph(forest, features.ACCOUNT.names))
    assert np.abs(np.array(scoring.score_matrix(session, matrix)) + forest.score_samples(matrix)).max() < 1e-5


def test_a_row_scores_the_same_in_every_batch(fitted):
    _, session, matrix = fitted
    together = scoring.score_matrix(session, matrix)
    for size in (1, 2, 3, 7, 64, 129, 1000):
        parts = [scoring.score_matrix(session, matrix[at : at + size]) for at in range(0, 1000, size)]
        assert [value for part in parts for value in part][:1000] == together[:1000]


def test_the_floor_is_the_greatest_float32_not_above():
    values = np.array([0.1, 1 / 3, -0.1, 2.0, 16777217.0])
    floored = trees.floor32(values)
    assert (floored.astype(np.float64) <= values).all()
    assert (np.nextafter(floored, np.float32(np.inf)).astype(np.float64) > values).all()


def test_the_same_rows_and_seed_give_the_same_artefact():
    first, second = (anomaly.train_anomaly(sample(), features.ACCOUNT, QUICK) for _ in range(2))
    assert (first.sha256, first.threshold) == (second.sha256, second.threshold)


def test_the_threshold_sends_the_asked_share_to_review():
    trained = anomaly.train_anomaly(sample(), features.ACCOUNT, AnomalySettings(share=0.02, trees=50, sample=256))
    assert trained.metrics["flagged_share"] == pytest.approx(0.02, abs=0.002)
    assert sum(trained.metrics["histogram"]) == 3_000


@pytest.mark.parametrize("share", [0, -0.1, 0.5, 1])
def test_a_senseless_share_is_refused(share):
    with pytest.raises(Invalid):
        anomaly.train_anomaly(sample(), features.ACCOUNT, AnomalySettings(share=share))


def test_too_few_rows_are_refused():
    with pytest.raises(Invalid, match="too few"):
        anomaly.train_anomaly(sample(rows=100), features.ACCOUNT, QUICK)


def test_a_vector_survives_its_text_in_any_order_of_keys():
    vector = sample(rows=1)[0]
    vector[2] = np.nan
    texts = features.as_text(features.ACCOUNT.names, vector)
    again = features.from_text(features.ACCOUNT.names, dict(sorted(texts.items())))
    assert np.array_equal(vector[None], again, equal_nan=True)


@pytest.fixture
def candidate(source, admin):
    scenarios.transactions(source, scenarios.usual_amounts(700))
    return scenarios.trained(actor=admin, source=source)


@pytest.mark.django_db
def test_training_keeps_a_candidate_with_all_that_made_it(candidate, source, admin):
    assert (candidate.stage, candidate.number, candidate.training_rows) == ("candidate", 1, 700)
    assert candidate.parameters["source"] == source.slug
    assert candidate.trained_from == factories.NOON
    assert candidate.metrics["parity"] < 1e-5
    event = json.loads(bytes(Event.objects.latest("id").body))
    assert (event["action"], event["data"]["sha256"]) == ("model.train", candidate.sha256)


@pytest.mark.django_db
def test_training_reads_only_the_newest_rows_of_its_source(source, admin):
    scenarios.transactions(source, scenarios.usual_amounts(600))
    scenarios.transactions(factories.source("other"), scenarios.usual_amounts(50))
    assert model_train(actor=admin, source=source, rows=550).training_rows == 550
    assert model_train(actor=admin).training_rows == 650


@pytest.mark.django_db
def test_who_may_not_train_does_not(analyst, lead):
    for person in (analyst, lead):
        with pytest.raises(NotAllowed):
            model_train(actor=person)


@pytest.mark.django_db
@pytest.mark.parametrize(("flagged", "words"), [(0.0, "flags nothing"), (1.0, "everything"), (0.5, "everything")])
def test_a_model_that_flags_nothing_or_everything_is_refused(candidate, admin, flagged, words):
    candidate.metrics["flagged_share"] = flagged
    candidate.save()
    with pytest.raises(Invalid, match=words):
        model_promote(actor=admin, model_version=candidate)
    candidate.refresh_from_db()
    assert candidate.stage == "candidate"


@pytest.mark.django_db
def test_rows_all_alike_make_a_model_that_is_not_published(source, admin):
    scenarios.transactions(source, [5_000] * 600, occurred_at=factories.NOON)
    with pytest.raises(Invalid, match="everything"):
        model_train(actor=admin, source=source)
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db
def test_only_who_may_configure_promotes(candidate, analyst):
    with pytest.raises(NotAllowed):
        model_promote(actor=analyst, model_version=candidate)


@pytest.mark.django_db
def test_the_command_trains_and_promotes(source, capsys):
    scenarios.transactions(source, scenarios.usual_amounts(600))
    call_command("train_model", "--source", source.slug, "--promote", "The first one.")
    assert json.loads(capsys.readouterr().out)["stage"] == "champion"
    call_command("train_model", "--source", source.slug, "--promote", "Knows March too.")
    second = json.loads(capsys.readouterr().out)
    assert second["stage"] == "candidate"
    request = ApprovalRequest.objects.get(pk=second["approval_request_id"])
    assert (request.subject_id, request.payload["reason"]) == (str(second["id"]), "Knows March too.")
    with pytest.raises(CommandError, match="Say why, in at least 3 characters"):
        call_command("train_model", "--source", source.slug, "--promote", " ")
    assert ModelVersion.objects.count() == 2
    with pytest.raises(CommandError, match="expected one argument"):
        call_command("train_model", "--source", source.slug, "--promote")
    with pytest.raises(CommandError, match="no source"):
        call_command("train_model", "--source", "nowhere")


@pytest.mark.django_db
def test_the_card_shows_parameters_window_and_scores(candidate, admin, analyst):
    client = Client()
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    page = client.get(f"/detection/models/{candidate.pk}/").content.decode()
    for text in (
        candidate.sha256,
        "700 transactions",
        "<svg",
        "of the rows that it learned from",
        "Median of what it learned from",
        "style=",
    ):
        assert (text in page) == (text != "style=")
    assert "Activate" not in page
    client.force_login(admin, backend="finobs.accounts.backends.RolePermissionBackend")
    assert "Activate" in client.get(f"/detection/models/{candidate.pk}/").content.decode()
