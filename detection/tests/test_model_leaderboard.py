"""Versions side by side: on the rows that all of them scored, and each on its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from detection.choices import ModelRole, ModelStage
from detection.performance import leaderboard as boards
from detection.tests.factories import (
    WINDOW,
    add_score,
    closed_case,
    model_version,
    scored_transaction,
    scored_transactions,
)
from finobs.core.errors import Invalid, NotAllowed
from tests import factories

pytestmark = pytest.mark.django_db
QUERY = {"role": "supervised", "from": "2026-03-01", "to": "2026-03-30"}


@pytest.fixture
def champion():
    return model_version(stage=ModelStage.CHAMPION)


@pytest.fixture
def shadow():
    return model_version(stage=ModelStage.SHADOW)


@pytest.fixture
def both(champion, shadow):
    """Four rows both scored, the shadow better; and one that only the champion did."""
    rows = scored_transactions(champion, [(0.9, False), (0.8, True), (0.2, False), (0.1, True)])
    for row, score in zip(rows, (0.4, 0.9, 0.1, 0.8), strict=True):
        add_score(row, shadow, score, shadow=True)
    return [*rows, scored_transaction(champion, 0.99, True)]


def leaderboard(*asked: Any) -> Any:
    return boards.leaderboard(*asked)


def client_of(user):
    client = Client()
    client.force_login(user, backend="finobs.accounts.backends.RolePermissionBackend")
    return client


def test_versions_are_ranked_on_the_rows_that_all_scored(analyst, champion, shadow, both):
    board = leaderboard(analyst, ModelRole.SUPERVISED, WINDOW)
    assert [entry.version for entry in board.entries] == [shadow, champion]
    assert (board.rows, board.labelled, board.others) == (4, 4, [])
    first, second = (entry.common for entry in board.entries)
    assert (first.ranking.average_precision, first.ranking.auc, first.matrix.scored) == (1.0, 1.0, 4)
    assert second.ranking.average_precision == pytest.approx(0.5)
    assert [entry.own.matrix.scored for entry in board.entries] == [4, 5]


def test_each_version_has_its_own_threshold(analyst, champion, both):
    strict = model_version(sha256=champion.sha256, threshold=0.85)
    found = {entry.version: entry.common.matrix for entry in leaderboard(analyst, ModelRole.SUPERVISED, WINDOW).entries}
    assert (found[champion].flagged, found[strict].flagged) == (2, 1)
    assert found[champion].scored == found[strict].scored == 4


def test_retired_ones_and_those_without_scores_stand_beside(analyst, champion, shadow, both):
    retired, fresh = model_version(stage=ModelStage.RETIRED), model_version()
    scored_transaction(retired, 0.9, True)
    board = leaderboard(analyst, ModelRole.SUPERVISED, WINDOW)
    assert {entry.version for entry in board.others} == {retired, fresh}
    assert board.rows == 4
    assert {entry.version: entry.own.matrix.scored for entry in board.others} == {retired: 1, fresh: 0}


def test_versions_that_are_chosen_are_compared_retired_or_not(analyst, champion, shadow, both):
    retired = model_version(stage=ModelStage.RETIRED)
    add_score(both[0], retired, 0.7, shadow=True)
    board = leaderboard(analyst, ModelRole.SUPERVISED, WINDOW, {retired.pk, champion.pk, 10**9})
    assert {entry.version for entry in board.entries} == {retired, champion}
    assert (board.rows, [entry.version for entry in board.others]) == (1, [shadow])


def test_without_outcomes_the_newest_is_first_and_nothing_is_claimed(analyst, champion, shadow):
    row = scored_transaction(champion, 0.9)
    add_score(row, shadow, 0.1, shadow=True)
    board = leaderboard(analyst, ModelRole.SUPERVISED, WINDOW)
    assert [entry.version for entry in board.entries] == [shadow, champion]
    assert (board.labelled, board.entries[0].common.ranking.average_precision, board.entries[0].bar) == (0, None, 0)


def test_roles_do_not_mix(analyst, champion, both):
    scored_transaction(model_version(ModelRole.ANOMALY), 0.9, True)
    assert len(leaderboard(analyst, ModelRole.ANOMALY, WINDOW).entries) == 1
    with pytest.raises(Invalid):
        leaderboard(analyst, "oracle", WINDOW)


def test_beyond_so_many_those_in_use_stay_and_it_is_said(analyst, champion, shadow, both, monkeypatch):
    monkeypatch.setattr(boards, "MAX_VERSIONS", 2)
    for _ in range(3):
        model_version()
    board = leaderboard(analyst, ModelRole.SUPERVISED, WINDOW)
    assert (board.is_cut, [entry.version for entry in board.entries], board.others) == (True, [shadow, champion], [])


def test_a_stranger_sees_none(stranger, both):
    with pytest.raises(NotAllowed):
        leaderboard(stranger, ModelRole.SUPERVISED, WINDOW)


def test_the_page_shows_both_tables_and_links_each_version(analyst, champion, shadow, both):
    shown = client_of(analyst).get(reverse("detection:model-leaderboard"), QUERY).content.decode()
    assert "2 versions compared on 4 transactions that all of them scored" in shown
    for version in (champion, shadow):
        assert f"{reverse('detection:model-performance', args=[version.pk])}?from=2026-03-01" in shown
    assert 'aria-label="average precision 1.000"' in shown
    assert "model-list" not in shown
    assert (
        reverse("detection:model-leaderboard")
        in client_of(analyst).get(reverse("detection:model-list")).content.decode()
    )


@pytest.mark.parametrize("query", [{"version": [""]}, {"role": ""}, {}])
def test_empty_choices_are_no_choice(query, analyst, both):
    assert client_of(analyst).get(reverse("detection:model-leaderboard"), {**QUERY, **query}).status_code == 200


@pytest.mark.parametrize("version", ["x", "²", "9" * 30])
def test_a_version_that_is_none_is_said(version, analyst, both):
    url = reverse("detection:model-leaderboard")
    assert client_of(analyst).get(url, {**QUERY, "version": version}).status_code == 422


def test_an_unknown_role_is_said(analyst):
    assert client_of(analyst).get(reverse("detection:model-leaderboard"), {"role": "oracle"}).status_code == 422


def test_an_empty_house_says_what_would_stand_there(analyst):
    shown = client_of(analyst).get(reverse("detection:model-leaderboard")).content.decode()
    assert "No model of this role yet" in shown


def test_machines_get_the_same_ranking(analyst, champion, shadow, both):
    found = client_of(analyst).get("/api/v1/models/leaderboard", QUERY).json()
    assert [entry["version"]["id"] for entry in found["entries"]] == [shadow.pk, champion.pk]
    assert (found["rows"], found["entries"][1]["own"]["scored"]) == (4, 5)
    assert found["entries"][0]["common"]["average_precision"] == 1.0


def test_a_leaderboard_takes_as_many_queries_for_many_versions_as_for_two(analyst, champion, shadow, both):
    def number() -> int:
        with CaptureQueriesContext(connection) as made:
            leaderboard(analyst, ModelRole.SUPERVISED, WINDOW)
        return len(made)

    leaderboard(analyst, ModelRole.SUPERVISED, WINDOW)
    few = number()
    for _ in range(6):
        add_score(both[0], model_version(stage=ModelStage.SHADOW), 0.5, shadow=True)
    assert number() == few <= 6


def test_a_person_s_conclusion_counts_here_too(analyst, champion, both):
    closed_case(scored_transaction(champion, 0.7, of=factories.account()))
    assert leaderboard(analyst, ModelRole.SUPERVISED, WINDOW, {champion.pk}).labelled == 6
