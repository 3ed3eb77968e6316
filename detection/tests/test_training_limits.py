"""What a training may be asked for, when its model may be published, and which rows and outcomes it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from detection import features
from detection.choices import ModelRole
from detection.features.account import microseconds
from detection.ml.score_distribution import BINS, histogram, threshold_for
from detection.ml.training import dataset, publication
from detection.ml.training import selectors as training_selectors
from detection.ml.training.forms import TrainForm
from detection.ml.training.selectors import newest_transaction_at
from detection.ml.training.services import model_publish, training_request
from detection.ml.training.services.training_due import mature_outcomes
from detection.ml.training.settings import (
    DEFAULT_SHARE,
    MAX_ROWS,
    AnomalySettings,
    SupervisedSettings,
    TrainingRequest,
    role_of,
)
from detection.models import ModelVersion, TrainingRun
from detection.tests import scenarios
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import Invalid, NotAllowed
from tests import factories
from tests.support.clients import signed_in
from tests.support.ledger_events import last_event
from transactions.models import Label, Source

DAY = timedelta(days=1)
NEVER = np.iinfo(np.int64).max
GOOD: dict[str, Any] = {"flagged_share": 0.005, "parity": 0.0}


@pytest.mark.parametrize(
    ("share", "holds"),
    [(0.0001, True), (0.2, True), (0.200001, False), (0, False), (-0.1, False), (1.5, False), (float("nan"), False)],
)
def test_a_share_for_review_is_more_than_none_and_at_most_a_fifth(share, holds):
    if holds:
        publication.check_share(share)
        return
    with pytest.raises(Invalid) as refusal:
        publication.check_share(share)
    assert refusal.value.fields == {"share": ["The share for review is between 0 and 20%."]}


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (GOOD, ""), ({**GOOD, "flagged_share": 0.2}, ""), ({**GOOD, "parity": 1e-5}, ""),
        ({}, "flags nothing"), ({**GOOD, "flagged_share": 0}, "flags nothing"), ({**GOOD, "flagged_share": -1}, "flags nothing"),
        ({**GOOD, "flagged_share": 0.2001}, "flags 20.0% of"), ({**GOOD, "flagged_share": 1}, "flags 100.0% of"),
        ({**GOOD, "parity": 1.1e-5}, "never shown to agree"), ({"flagged_share": 0.1}, "never shown to agree"),
        ({**GOOD, "parity": float("nan")}, "never shown to agree"),
    ],
)  # fmt: skip
def test_a_model_is_published_by_its_metrics_alone(metrics, words):
    assert words in publication.refusal(metrics)
    assert bool(publication.refusal(metrics)) is bool(words)
    if words:
        with pytest.raises(Invalid, match=r"^The model cannot be published\. This model"):
            publication.require_publishable(metrics)
    else:
        publication.require_publishable(metrics)


def test_a_request_takes_as_many_rows_as_usual_unless_it_names_fewer():
    for role, number in MAX_ROWS.items():
        assert TrainingRequest(role, None).max_rows == number
        assert TrainingRequest(role, None, rows=700).max_rows == 700
    assert set(MAX_ROWS) == set(ModelRole)


@pytest.mark.parametrize("text", ["", "oracle", "ANOMALY", "anomaly "])
def test_a_role_that_there_is_none_of_is_named(text):
    with pytest.raises(Invalid) as refusal:
        role_of(text)
    assert list(refusal.value.fields) == ["role"]
    assert repr(text) in refusal.value.fields["role"][0]


def test_settings_hand_on_what_they_are_given():
    ensemble = AnomalySettings(trees=11, sample=64, seed=3).ensemble
    assert (ensemble.trees, ensemble.sample, ensemble.seed) == (11, 64, 3)
    as_of = datetime(2026, 3, 31, tzinfo=UTC)
    assert SupervisedSettings(delay=7, days=28, test_days=7).since(as_of) == as_of - 49 * DAY
    assert SupervisedSettings(delay=2, days=10, test_days=3).since(as_of) == as_of - 17 * DAY


@pytest.mark.parametrize(("share", "expected"), [(0.1, 0.99), (0.2, 0.95), (0.005, 0.99), (0.5, 0.5)])
def test_a_threshold_is_a_score_that_was_given(share, expected):
    scores = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.95, 0.99])
    threshold = threshold_for(scores, share)
    assert threshold == expected
    assert threshold in scores.tolist()


def test_a_histogram_counts_every_score_between_the_least_and_the_greatest():
    counted = histogram(np.linspace(0.2, 0.6, 401))
    assert (len(counted["histogram"]), len(counted["edges"])) == (BINS, BINS + 1)
    assert sum(counted["histogram"]) == 401
    assert (counted["edges"][0], counted["edges"][-1]) == (0.2, 0.6)


def rows_of(actor, source=None, max_rows=1_000, **fields):
    return dataset.read_training_rows(actor, features.ACCOUNT, source=source, max_rows=max_rows, **fields)


@pytest.fixture
def two_sources(source):
    """Three transactions of each of two sources, one a day."""
    other = factories.source("wires")
    return source, {
        of.slug: [
            row
            for day in range(3)
            for row in scenarios.transactions(of, [1_000 + day], occurred_at=factories.NOON + day * DAY)
        ]
        for of in (source, other)
    }


@pytest.mark.django_db
def test_a_model_of_one_source_learns_from_its_rows_alone(two_sources, admin):
    source, rows = two_sources
    assert sorted(rows_of(admin, source).ids) == [row.pk for row in rows["cards"]]
    assert sorted(rows_of(admin).ids) == [row.pk for own in rows.values() for row in own]


@pytest.mark.django_db
def test_rows_are_of_after_one_moment_until_another_and_the_newest_of_them(two_sources, admin):
    source, rows = two_sources
    first, second, third = rows["cards"]
    assert sorted(rows_of(admin, source, after=first.occurred_at).ids) == [second.pk, third.pk]
    assert sorted(rows_of(admin, source, until=second.occurred_at).ids) == [first.pk, second.pk]
    newest = rows_of(admin, source, max_rows=2)
    assert sorted(newest.ids) == [second.pk, third.pk]
    assert (newest.first, newest.last, len(newest)) == (second.occurred_at, third.occurred_at, 2)
    assert newest.matrix.shape == (2, len(features.ACCOUNT.names))
    at = newest.ids.tolist().index(third.pk)
    assert newest.occurred[at] == microseconds([third.occurred_at])[0]
    assert newest.matrix[at, features.ACCOUNT.names.index("amount")] == pytest.approx(10.02)


@pytest.mark.django_db
def test_rows_are_read_in_chunks_that_change_nothing(two_sources, admin, monkeypatch):
    whole = rows_of(admin)
    monkeypatch.setattr(dataset, "ROWS_PER_CHUNK", 2)
    steps: list[tuple[int, int]] = []
    chunked = rows_of(admin, progress=lambda _, done=0, total=0: steps.append((done, total)))
    assert chunked.ids.tolist() == whole.ids.tolist()
    assert np.array_equal(chunked.matrix, whole.matrix, equal_nan=True)
    assert steps == [(0, 6), (2, 6), (4, 6)]


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"after": factories.NOON + 9 * DAY}, {"until": factories.NOON - DAY}])
def test_no_rows_are_nothing_to_learn_from(fields, two_sources, admin):
    with pytest.raises(Invalid, match=r"There are no transactions to learn from\."):
        rows_of(admin, **fields)


@pytest.mark.django_db
def test_an_outcome_is_known_from_its_moment_on_and_of_its_row_alone(two_sources, admin):
    source, rows = two_sources
    (first, second, third), (other, *_) = rows["cards"], rows["wires"]
    known_at = factories.NOON + 5 * DAY
    for row, suspicious in ((second, True), (third, False), (other, True)):
        Label.objects.create(transaction=row, is_suspicious=suspicious, known_at=known_at)
    read = rows_of(admin, source)
    known = dict(zip(read.ids.tolist(), dataset.known_suspicious_at(read).tolist(), strict=True))
    assert known == {first.pk: NEVER, second.pk: microseconds([known_at])[0], third.pk: NEVER}


@pytest.mark.django_db
def test_without_an_outcome_nothing_is_known(two_sources, admin):
    assert set(dataset.known_suspicious_at(rows_of(admin)).tolist()) == {NEVER}


@pytest.mark.django_db
def test_the_newest_transaction_is_of_the_source_and_not_after_now(two_sources, admin, monkeypatch):
    source, rows = two_sources
    late = factories.transaction(
        of=factories.account(of=Source.objects.get(slug="wires")), occurred_at=factories.NOON + 9 * DAY
    )
    assert newest_transaction_at(admin, source) == rows["cards"][2].occurred_at
    assert newest_transaction_at(admin, None) == late.occurred_at
    now = factories.NOON + DAY
    monkeypatch.setattr(clock, "now", lambda: now)
    assert newest_transaction_at(admin, None) == now
    with pytest.raises(Invalid):
        newest_transaction_at(admin, factories.source())


@pytest.mark.django_db
def test_outcomes_count_for_a_training_once_they_are_due_and_known(source, monkeypatch):
    actor = system_actor("detection")
    assert mature_outcomes(actor) == []
    newest = factories.NOON + 60 * DAY
    monkeypatch.setattr(clock, "now", lambda: newest + DAY)
    moments = {
        "newest": newest, "just due": newest - 7 * DAY, "not due": newest - 7 * DAY + timedelta(seconds=1),
        "oldest": newest - 35 * DAY + timedelta(seconds=1), "too old": newest - 35 * DAY, "unknown": newest - 10 * DAY,
    }  # fmt: skip
    rows = {name: factories.transaction(occurred_at=at) for name, at in moments.items()}
    for name, row in rows.items():
        known_at = newest + 2 * DAY if name == "unknown" else row.occurred_at
        Label.objects.create(transaction=row, is_suspicious=True, known_at=known_at)
    names = {row.pk: name for name, row in rows.items()}
    assert {names[each.transaction_id] for each in mature_outcomes(actor)} == {"just due", "oldest"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"role": "oracle"}, "role"), ({"share": 0.0}, "share"), ({"share": 0.21}, "share"), ({"rows": -1}, "rows"),
        ({"rows": MAX_ROWS[ModelRole.ANOMALY] + 1}, "rows"),
        ({"role": "supervised", "rows": MAX_ROWS[ModelRole.SUPERVISED] + 1}, "rows"),
    ],
)  # fmt: skip
def test_a_request_out_of_bounds_is_named_and_makes_no_run(fields, field, admin):
    with pytest.raises(Invalid) as refusal:
        training_request(actor=admin, wake=False, **{"role": "anomaly", **fields})
    assert list(refusal.value.fields) == [field]
    assert not TrainingRun.objects.exists()


@pytest.mark.django_db
def test_requests_of_two_roles_wait_beside_one_another_and_of_one_role_once(admin, source):
    first = training_request(actor=admin, role="anomaly", source=source, rows=700, share=0.01, seed=3, wake=False)
    again = training_request(actor=admin, role="anomaly", wake=False)
    other = training_request(actor=admin, role="supervised", wake=False)
    assert (again, other.pk != first.pk) == (first, True)
    assert first.parameters == {"rows": 700, "share": "0.01", "seed": 3}
    assert last_event("training.request")["data"] == {
        "role": "supervised", "source": None, "share": repr(DEFAULT_SHARE), "rows": "0"
    }  # fmt: skip
    assert set(training_selectors.training_open(admin)) == {first, other}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []), ({"role": "oracle"}, ["role"]), ({"role": ""}, ["role"]), ({"share": "0"}, ["share"]),
        ({"share": "0.0001"}, []), ({"share": "0.2"}, []), ({"share": "0.21"}, ["share"]), ({"share": ""}, ["share"]),
        ({"source": "999999"}, ["source"]),
    ],
)  # fmt: skip
def test_the_form_of_a_training_names_what_does_not_hold(changes, fields, source):
    typed = {"role": "anomaly", "source": str(source.pk), "share": "0.005", **changes}
    assert list(TrainForm(typed, sources=Source.objects.all()).errors) == fields


@pytest.mark.django_db
def test_the_form_of_a_training_offers_only_sources_that_one_may_see(source):
    hidden = factories.source("hidden")
    form = TrainForm(
        {"role": "anomaly", "source": str(hidden.pk), "share": "0.005"}, sources=Source.objects.filter(pk=source.pk)
    )
    assert list(form.errors) == ["source"]


@pytest.mark.django_db
def test_a_published_version_has_the_next_number_of_its_kind_and_its_run(admin):
    factories.model_version(kind="ensemble", number=7)
    factories.model_version(kind="supervised", number=70)
    version = ModelVersion(
        role="anomaly", kind="ensemble", feature_set="account-1", metrics=GOOD, parameters={"seed": 7}, training_rows=600,
        trained_from=factories.NOON, trained_to=factories.NOON + DAY, threshold=0.25, artefact=b"x", sha256="b" * 64,
    )  # fmt: skip
    published = model_publish(actor=admin, version=version, run=17)
    assert (published.number, published.created_by, published.stage) == (8, admin, "candidate")
    assert last_event("model.train")["data"] == {
        "model": str(published), "role": "anomaly", "sha256": "b" * 64, "feature_set": "account-1", "rows": 600,
        "threshold": "0.25", "parameters": {"seed": 7}, "training_run": "17",
    }  # fmt: skip


@pytest.mark.django_db
def test_only_who_may_train_publishes_and_reads_what_can_be_trained_on(analyst, lead, auditor, stranger):
    for person in (analyst, lead, auditor, stranger):
        with pytest.raises(NotAllowed):
            model_publish(actor=person, version=ModelVersion(metrics=GOOD))
        with pytest.raises(NotAllowed):
            training_selectors.training_sources(person)
        assert not training_selectors.may_train(person)
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "roles"),
    [({}, ["anomaly", "supervised"]), ({"role": "anomaly"}, ["anomaly"]), ({"role": "supervised"}, ["supervised"])],
)
def test_runs_are_filtered_by_role(query, roles, admin, analyst):
    for role in ModelRole.values:
        training_request(actor=admin, role=role, wake=False)
    rows = signed_in(analyst).get("/api/v1/training-runs", query).json()["results"]
    assert sorted(row["role"] for row in rows) == roles
