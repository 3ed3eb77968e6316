"""The supervised model learns from outcomes that were known, is held against its graph, and is judged on other days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from detection import features
from detection.choices import ModelRole
from detection.features.account import SUPERVISED, microseconds
from detection.features.definition import DAY_MICROSECONDS
from detection.features.matrices import columns_for, matrix_for
from detection.ml import scoring
from detection.ml.estimators import boosting
from detection.ml.estimators.settings import BoostingSettings
from detection.ml.explain import explainability_check
from detection.ml.onnx.boosted_graph import boosted_graph
from detection.ml.training import dataset, supervised
from detection.ml.training.services import model_train
from detection.ml.training.settings import SupervisedSettings
from detection.ml.training.supervised import LEARNED, NEWEST, train_supervised
from detection.models import ModelVersion
from detection.tests import scenarios
from finobs.core import clock
from finobs.core.errors import Invalid
from tests import factories
from transactions.models import Label, Transaction

QUICK = SupervisedSettings(share=0.05, boosting=BoostingSettings(rounds=30, least_in_leaf=10))
DAY = DAY_MICROSECONDS
NEVER = np.iinfo(np.int64).max


def made_up(days=60, a_day=100, seed=4):
    """Rows of which the ones with a large first feature are confirmed, two days later."""
    chance = np.random.default_rng(seed)
    number = days * a_day
    matrix = chance.normal(size=(number, len(features.ACCOUNT.names))).astype(np.float32)
    occurred = np.arange(number) * (DAY // a_day) + 20_000 * DAY
    known = np.where(matrix[:, features.ACCOUNT.indexes(["amount"])[0]] > 1.5, occurred + 2 * DAY, NEVER)
    rows = dataset.TrainingRows(np.arange(number), occurred, matrix, factories.NOON, factories.NOON)
    return rows, known, int(occurred[-1])


def test_the_supervised_training_learns_four_weeks_that_have_had_their_outcome():
    rows, known, as_of = made_up()
    trained = train_supervised(rows, known, as_of, as_of, QUICK)
    days = (as_of - rows.occurred[trained.learned]) / DAY
    assert days.min() == pytest.approx(7, abs=0.02)
    assert days.max() == pytest.approx(35, abs=0.02)
    assert trained.metrics["confirmed"] == (known[trained.learned] <= as_of).sum() > 100


def test_what_became_known_after_the_training_is_not_looked_at():
    rows, known, as_of = made_up()
    later = np.where(known < NEVER, known + 400 * DAY, NEVER)
    with pytest.raises(Invalid, match=r"0 of 2,800 transactions are confirmed as suspicious; 50 is the least"):
        train_supervised(rows, later, as_of, as_of, QUICK)


def test_what_is_not_confirmed_counts_as_not_suspicious():
    rows, known, as_of = made_up()
    half = np.where(np.arange(len(rows)) % 2 == 0, known, NEVER)
    assert train_supervised(rows, half, as_of, as_of, QUICK).metrics["confirmed"] == pytest.approx(
        train_supervised(rows, known, as_of, as_of, QUICK).metrics["confirmed"] / 2, rel=0.2
    )


def test_the_threshold_is_a_share_of_the_newest_rows_that_it_has_not_learned_from():
    rows, known, as_of = made_up()
    found = train_supervised(rows, known, as_of, as_of, QUICK)
    assert found.metrics["threshold_from"] == NEWEST
    assert found.metrics["threshold_rows"] == 700
    assert found.metrics["flagged_share"] == pytest.approx(0.05, abs=0.02)
    session = scoring.open_session(found.artefact)
    newest = np.array(scoring.score_matrix(session, rows.matrix[rows.occurred > as_of - 7 * DAY]))
    assert (newest >= found.threshold).mean() == found.metrics["flagged_share"]


def test_with_too_few_new_rows_it_says_that_the_threshold_is_of_its_own():
    rows, known, as_of = made_up(a_day=60)
    assert train_supervised(rows, known, as_of, as_of, QUICK).metrics["threshold_from"] == LEARNED


def test_the_judge_knew_only_what_was_known_then():
    rows, known, as_of = made_up()
    judged = train_supervised(rows, known, as_of, as_of, QUICK).metrics
    assert judged["judged_rows"] == 700
    assert judged["auc"] > 0.95
    assert judged["average_precision"] > 0.8
    late = np.where(known < NEVER, as_of - DAY, NEVER)
    too_few = train_supervised(rows, late, as_of, as_of, QUICK).metrics
    assert "auc" not in too_few
    assert "50 is the least" in too_few["not_judged"]


def test_the_same_rows_and_seed_make_the_same_model():
    rows, known, as_of = made_up()
    first, second = (train_supervised(rows, known, as_of, as_of, QUICK) for _ in range(2))
    assert (first.sha256, first.threshold, first.metrics) == (second.sha256, second.threshold, second.metrics)


def test_a_few_rounds_at_a_time_are_the_same_model(monkeypatch):
    rows, known, _ = made_up(days=20)
    several = boosting.fit_ranker(rows.matrix, known < NEVER, list(range(30)), BoostingSettings(rounds=50))
    monkeypatch.setattr(boosting, "ROUNDS_A_STEP", 50)
    once = boosting.fit_ranker(rows.matrix, known < NEVER, list(range(30)), BoostingSettings(rounds=50))
    assert np.array_equal(several.score(rows.matrix), once.score(rows.matrix))
    assert several.model.n_iter_ == 50


def test_a_graph_that_differs_is_refused(monkeypatch):
    rows, known, as_of = made_up()

    def moved(model, names, metadata):
        model._baseline_prediction = model._baseline_prediction + 0.01
        graph = boosted_graph(model, names, metadata)
        model._baseline_prediction = model._baseline_prediction - 0.01
        return graph

    monkeypatch.setattr(supervised, "boosted_graph", moved)
    with pytest.raises(Invalid, match="differs from what was fitted"):
        train_supervised(rows, known, as_of, as_of, QUICK)


def test_parity_is_of_real_rows_and_of_as_many_on_thresholds():
    rows, known, as_of = made_up(a_day=400)
    found = train_supervised(rows, known, as_of, as_of, QUICK).metrics
    assert found["parity_rows"] == 20_000
    assert found["parity"] < 1e-5


def known_of(rows, pk):
    return dataset.known_suspicious_at(rows)[rows.ids == pk][0]


@pytest.fixture
def past(source):
    with clock.at(scenarios.NOW):
        yield scenarios.fifty_days(source)


@pytest.mark.django_db
def test_a_version_keeps_all_that_made_it(past, source, admin):
    version = model_train(actor=admin, role=ModelRole.SUPERVISED, source=source, share=0.05)
    assert (version.role, str(version), version.stage) == ("supervised", "supervised v1", "candidate")
    assert version.training_rows == pytest.approx(28 * 40, abs=2)
    assert version.parameters["features"] == list(SUPERVISED)
    assert version.parameters["source"] == "cards"
    assert version.metrics["average_precision"] > 0.5
    assert past[-1].occurred_at - version.trained_to >= timedelta(days=7)


@pytest.mark.django_db
def test_features_are_those_of_the_moment_of_scoring(past, admin):
    """A row read for training has the vector that it had when it was the newest."""
    rows = dataset.read_training_rows(admin, features.ACCOUNT, source=None, max_rows=5_000)
    early = [row for row in past if row.occurred_at < past[0].occurred_at + timedelta(days=20)]
    Label.objects.filter(transaction__pk__gt=early[-1].pk).delete()
    Transaction.objects.filter(pk__gt=early[-1].pk).delete()
    then = matrix_for("account-1", columns_for("account-1", early[-8:]))
    order = {int(pk): index for index, pk in enumerate(rows.ids)}
    now = rows.matrix[[order[row.pk] for row in early[-8:]]]
    assert np.array_equal(then, now, equal_nan=True)


@pytest.mark.django_db
def test_each_row_has_its_outcome_since_it_was_known(past, admin):
    rows = dataset.read_training_rows(admin, features.ACCOUNT, source=None, max_rows=5_000)
    labelled = (dataset.known_suspicious_at(rows) < NEVER).sum()
    assert labelled == Label.objects.count()
    first = Label.objects.select_related("transaction").order_by("transaction_id").first()
    assert first is not None
    assert known_of(rows, first.transaction_id) == microseconds([first.known_at])[0]
    unknown = next(int(pk) for pk in rows.ids if not Label.objects.filter(transaction=pk).exists())
    assert known_of(rows, unknown) == NEVER


@pytest.mark.django_db
def test_too_few_outcomes_say_how_many_are_known_and_needed(source, admin):
    scenarios.transactions(source, scenarios.usual_amounts(700))
    with pytest.raises(Invalid, match=r"0 of \d+ transactions are confirmed as suspicious; 50 is the least"):
        model_train(actor=admin, role=ModelRole.SUPERVISED)
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"role": "oracle"}, {"role": "supervised", "share": 0.9}])
def test_what_makes_no_sense_is_refused(past, admin, fields):
    with pytest.raises(Invalid):
        model_train(actor=admin, **fields)


def test_a_model_whose_scores_cannot_be_explained_is_not_published(monkeypatch):
    rows, known, as_of = made_up()

    class Lost:
        def __init__(self, version):
            raise ValueError("no leaves")

    monkeypatch.setattr(explainability_check, "Explainer", Lost)
    with pytest.raises(Invalid, match=r"cannot be published.*cannot be explained.*no leaves"):
        train_supervised(rows, known, as_of, as_of, QUICK)


def test_a_model_that_flags_everything_is_not_published(monkeypatch):
    rows, known, as_of = made_up()
    monkeypatch.setattr(supervised, "threshold_for", lambda *_: 0.0)
    with pytest.raises(Invalid, match=r"cannot be published.*everything"):
        train_supervised(rows, known, as_of, as_of, QUICK)


def test_settings_reach_back_far_enough_for_the_judge():
    assert replace(QUICK, days=10, test_days=3, delay=5).since(scenarios.NOW) == scenarios.NOW - timedelta(days=23)
