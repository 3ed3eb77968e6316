"""Which scores and outcomes a figure is made of, with two versions, two sources and several days beside one another."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cases.choices import Disposition
from detection.choices import ModelRole, ModelStage
from detection.models import Assessment
from detection.performance import ground_truth, score_queries, scores, selectors
from detection.performance.selectors import newest_assessed_at
from detection.performance.window import Window
from detection.tests.factories import add_score, closed_case, model_version, scored_transaction
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import NotAllowed, NotFound
from tests import factories
from transactions.models import Label, Transaction

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SECOND_DAY = Window(date(2026, 3, 3), date(2026, 3, 3))
ALL_DAYS = Window(date(2026, 3, 1), date(2026, 3, 30))


@pytest.fixture
def version():
    return model_version()


@pytest.fixture
def other():
    return model_version()


def label(row, suspicious, known_at=factories.NOON, origin=""):
    fields = {"origin": origin} if origin else {}
    return Label.objects.create(transaction=row, is_suspicious=suspicious, known_at=known_at, **fields)


def scored(*versions, window=ALL_DAYS, role=ModelRole.SUPERVISED):
    by_version = scores.scored(system_actor("test"), role, [each.pk for each in versions], window)
    return [sorted(zip(rows.ids.tolist(), rows.scores.tolist(), strict=True)) for rows in by_version.values()]


def test_each_version_has_the_scores_that_it_gave_itself(version, other):
    mine, shared = (scored_transaction(version, score) for score in (0.25, 0.5))
    theirs = scored_transaction(other, 0.75)
    add_score(shared, other, 0.125, shadow=True)
    assert scored(version, other) == [[(mine.pk, 0.25), (shared.pk, 0.5)], [(shared.pk, 0.125), (theirs.pk, 0.75)]]
    assert scored(other) == [[(shared.pk, 0.125), (theirs.pk, 0.75)]]


def test_no_version_has_no_scores_and_asks_nothing(django_assert_num_queries):
    assert scored() == []


def test_rows_of_the_day_before_and_the_day_after_are_not_of_the_day(version):
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    instant = timedelta(microseconds=1)
    moments = (midnight - instant, midnight, midnight + DAY - instant, midnight + DAY)
    rows = [scored_transaction(version, 0.5, at=at) for at in moments]
    assert scored(version, window=SECOND_DAY) == [[(rows[1].pk, 0.5), (rows[2].pk, 0.5)]]
    days = scores.scored(system_actor("test"), ModelRole.SUPERVISED, [version.pk], ALL_DAYS)[version.pk].days
    assert [int(each) - int(days[0]) for each in days] == [0, 1, 1, 2]


def test_rows_of_every_source_count(version):
    rows = [scored_transaction(version, 0.5, of=factories.account(of=factories.source(slug))) for slug in ("a", "b")]
    assert scored(version) == [[(row.pk, 0.5) for row in rows]]


def test_an_assessment_without_a_score_is_no_row(version):
    row = factories.transaction()
    Assessment.objects.create(transaction=row, outcome="approve", assessed_at=factories.NOON, model_version=version)
    assert scored(version) == [[]]


def test_an_anomaly_version_scored_alone_or_beside_a_supervised_one(version):
    anomaly = model_version(ModelRole.ANOMALY)
    alone, beside = scored_transaction(anomaly, 0.25), scored_transaction(version, 0.5)
    add_score(beside, anomaly, 0.75)
    assert scored(anomaly, role=ModelRole.ANOMALY) == [[(alone.pk, 0.25), (beside.pk, 0.75)]]
    assert scored(version) == [[(beside.pk, 0.5)]]


@pytest.mark.parametrize(
    ("bounds", "positions"),
    [({}, [0, 1, 2]), ({"least": 0.5}, [1, 2]), ({"below": 0.5}, [0]), ({"least": 0.25, "below": 0.75}, [0, 1])],
)
def test_rows_are_chosen_from_the_least_score_to_below_another(bounds, positions, version, other):
    rows = [scored_transaction(version, score, shadow=score == 0.5) for score in (0.25, 0.5, 0.75)]
    scored_transaction(other, 0.5)
    found = score_queries.scored_by(Transaction.objects.order_by("pk"), version, **bounds)
    assert list(found) == [rows[position] for position in positions]


def test_a_score_of_the_decision_goes_before_one_of_the_shadow(version):
    row = scored_transaction(version, 0.25)
    add_score(row, version, 0.75, shadow=True)
    assert score_queries.score_of(version, [row.pk]) == {row.pk: 0.25}
    assert scored(version) == [[(row.pk, 0.25)]]


@pytest.mark.parametrize("differs", [{"sha256": "f" * 64}, {"role": ModelRole.ANOMALY}, {"feature_set": "another-1"}])
def test_a_family_is_of_one_artefact_role_and_feature_set(differs, version):
    shared = {"sha256": version.sha256, "feature_set": version.feature_set}
    sibling = model_version(**shared)
    model_version(**{**shared, **differs})
    assert score_queries.family_ids(version) == [version.pk, sibling.pk]


def test_what_several_versions_scored_is_merged_with_each_row_once(version, other):
    first, second = scored_transaction(version, 0.25), scored_transaction(other, 0.75)
    add_score(first, other, 0.25, shadow=True)
    parts = scores.scored(system_actor("test"), ModelRole.SUPERVISED, [version.pk, other.pk], ALL_DAYS)
    merged = scores.merge(list(parts.values()))
    assert (merged.ids.tolist(), merged.scores.tolist()) == ([first.pk, second.pk], [0.25, 0.75])
    assert scores.merge([parts[version.pk]]) is parts[version.pk]


@pytest.mark.parametrize(
    ("person", "outside", "outcome", "origin"),
    [
        (None, None, -1, ""),
        (None, True, 1, "label"),
        (None, False, 0, "label"),
        (Disposition.CONFIRMED, None, 1, "person"),
        (Disposition.FALSE_POSITIVE, None, 0, "person"),
        (Disposition.FALSE_POSITIVE, True, 0, "person"),
        (Disposition.CONFIRMED, False, 1, "person"),
    ],
)
def test_both_ways_to_an_outcome_agree(person, outside, outcome, origin, version):
    row, bystander = scored_transaction(version, 0.5, outside), scored_transaction(version, 0.5, True)
    if person is not None:
        closed_case(row, person)
    told: Any = ground_truth.with_ground_truth(Transaction.objects.filter(pk=row.pk))
    assert list(told.values_list("outcome", "outcome_origin")) == [(outcome, origin)]
    rows = scores.scored(system_actor("test"), ModelRole.SUPERVISED, [version.pk], ALL_DAYS)[version.pk]
    assert dict(zip(rows.ids.tolist(), rows.outcomes.tolist(), strict=True)) == {row.pk: outcome, bystander.pk: 1}


def test_a_label_counts_from_the_very_moment_at_which_it_is_known(version, monkeypatch):
    row = scored_transaction(version, 0.5)
    known_at = factories.NOON + DAY
    label(row, True, known_at)
    for now, outcome in ((known_at - timedelta(microseconds=1), -1), (known_at, 1)):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        told: Any = ground_truth.with_ground_truth(Transaction.objects.all())
        assert list(told.values_list("outcome", flat=True)) == [outcome]
        assert scores.scored(system_actor("test"), ModelRole.SUPERVISED, [version.pk], ALL_DAYS)[
            version.pk
        ].outcomes.tolist() == [outcome]


def test_conclusions_are_of_the_days_that_are_looked_at():
    inside, after = (factories.transaction(occurred_at=factories.NOON + days * DAY) for days in (1, 2))
    closed_case(inside), closed_case(after, Disposition.FALSE_POSITIVE)
    assert ground_truth.conclusions_within(SECOND_DAY) == {inside.pk: True}
    assert ground_truth.conclusions_within(ALL_DAYS) == {inside.pk: True, after.pk: False}


def test_the_newest_day_is_that_of_the_newest_transaction_that_was_assessed(version, monkeypatch):
    now = datetime(2030, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    factories.transaction(occurred_at=factories.NOON + 9 * DAY)
    assert newest_assessed_at(system_actor("test")) == now
    scored_transaction(version, 0.5, at=factories.NOON + 2 * DAY)
    scored_transaction(version, 0.5, at=factories.NOON + DAY)
    assert newest_assessed_at(system_actor("test")) == factories.NOON + 2 * DAY


@pytest.mark.parametrize(
    ("threshold", "is_flagged", "number", "bounds"),
    [
        (0.45, None, None, (None, None)), (0.45, True, None, (0.45, None)), (0.45, False, None, (None, 0.45)),
        (0.45, None, 0, (None, 0.1)), (0.45, None, 4, (0.4, 0.5)), (0.45, None, 9, (0.9, None)),
        (0.45, True, 4, (0.45, 0.5)), (0.45, False, 4, (0.4, 0.45)), (0.45, True, 2, (0.45, 0.3)),
        (0.45, False, 9, (0.9, 0.45)), (0.45, True, 9, (0.9, None)), (0.45, False, 0, (None, 0.1)),
    ],
)  # fmt: skip
def test_a_cell_and_a_bin_bound_the_scores_together(threshold, is_flagged, number, bounds):
    assert selectors._bounds(threshold, is_flagged, number) == bounds


@pytest.mark.parametrize(("cell", "number"), [("", None), ("auc", None), ("tp", -1), ("tp", 10), ("flagged", 11)])
def test_a_number_that_nobody_shows_has_no_rows(cell, number, analyst, version):
    with pytest.raises(NotFound):
        selectors.rows(analyst, version, ALL_DAYS, cell, number)


def test_a_page_of_rows_has_the_scores_of_the_version_that_is_looked_at(analyst, version, other):
    rows = [scored_transaction(version, 0.25, True), scored_transaction(version, 0.75)]
    add_score(rows[0], other, 0.5, shadow=True)
    page = list(selectors.rows(analyst, version, ALL_DAYS, "scored", None).order_by("pk"))
    assert [(each.transaction, each.score, each.outcome) for each in selectors.with_scores(analyst, version, page)] == [
        (rows[0], 0.25, 1), (rows[1], 0.75, -1)
    ]  # fmt: skip


def test_performance_names_the_siblings_whose_scores_are_among_its_own(analyst, version):
    shared = {"sha256": version.sha256, "feature_set": version.feature_set}
    silent, busy = model_version(**shared), model_version(stage=ModelStage.SHADOW, **shared)
    scored_transaction(version, 0.5, at=factories.NOON)
    scored_transaction(busy, 0.6, shadow=True, at=factories.NOON + 3 * DAY)
    performance = selectors.performance(analyst, version, ALL_DAYS)
    assert performance.also == [busy]
    assert (performance.matrix.scored, performance.days, performance.alerts_a_day) == (2, 4, 0.5)
    assert selectors.performance(analyst, silent, ALL_DAYS).also == [version, busy]


@pytest.mark.parametrize("read", ["window_for", "performance", "rows", "with_scores"])
def test_a_stranger_reads_nothing_of_performance(read, stranger, version):
    by_name: dict[str, tuple[Any, ...]] = {
        "window_for": (None, None), "performance": (version, ALL_DAYS), "rows": (version, ALL_DAYS, "tp", None),
        "with_scores": (version, []),
    }  # fmt: skip
    with pytest.raises((NotAllowed, NotFound)):
        getattr(selectors, read)(stranger, *by_name[read])
