"""How a version did: the numbers, the rows behind each, and who may see which."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.choices import Disposition
from detection.choices import ModelRole, ModelStage
from detection.performance import selectors
from detection.performance.confusion_cells import CELLS
from detection.tests.factories import (
    WINDOW,
    add_score,
    closed_case,
    model_version,
    scored_transaction,
    scored_transactions,
)
from finobs.accounts.models import OrgUnit
from finobs.accounts.org_units import ROOT_ID
from finobs.core import access
from finobs.core.errors import NotAllowed, NotFound
from tests import factories
from transactions.models import Label, Transaction

pytestmark = pytest.mark.django_db
MIXED = [
    (0.95, True), (0.9, True), (0.5, True), (0.8, False), (0.55, None), (0.499999, True), (0.3, False), (0.3, False),
    (0.1, False), (0.05, None), (0.02, None), (1.0, True),
]  # fmt: skip
DAYS = {"from": "2026-03-01", "to": "2026-03-30"}


@pytest.fixture
def version():
    return model_version(stage=ModelStage.CHAMPION)


@pytest.fixture
def mixed(version):
    return scored_transactions(version, MIXED)


def asked(user: Any, version: Any, window: Any = WINDOW) -> Any:
    return selectors.performance(user, version, window)


def page(user, version, name="model-performance", **query):
    client = Client()
    client.force_login(user, backend="finobs.accounts.backends.RolePermissionBackend")
    return client.get(reverse(f"detection:{name}", args=[version.pk]), {**DAYS, **query})


def test_every_row_is_counted_once_by_flag_and_outcome(analyst, version, mixed):
    found = asked(analyst, version)
    assert (found.matrix.tp, found.matrix.fp, found.matrix.fn, found.matrix.tn) == (4, 1, 1, 3)
    assert (found.matrix.unknown_flagged, found.matrix.unknown_unflagged) == (1, 2)
    assert found.alerts_a_day == 6
    assert (found.first, found.last, found.days) == (date(2026, 3, 2), date(2026, 3, 2), 1)


@pytest.mark.parametrize("cell", CELLS)
def test_each_number_has_exactly_the_rows_it_counts(cell, analyst, version, mixed):
    closed_case(mixed[3], Disposition.CONFIRMED)
    closed_case(mixed[9], Disposition.NO_ACTION)
    matrix = asked(analyst, version).matrix
    rows = selectors.rows(analyst, version, WINDOW, cell, None)
    assert rows.count() == getattr(matrix, cell)
    chosen = CELLS[cell]
    for each in selectors.with_scores(analyst, version, list(rows)):
        assert each.outcome in chosen.outcomes
        assert chosen.is_flagged in (None, each.score >= version.threshold)


@pytest.mark.parametrize("number", range(10))
def test_each_bin_has_exactly_the_rows_it_counts(number, analyst, version, mixed):
    found = asked(analyst, version).ranking.bins[number]
    for cell, count in (("labelled", found.confirmed.of), ("confirmed", found.confirmed.hits)):
        assert selectors.rows(analyst, version, WINDOW, cell, number).count() == count
    assert sum(each.confirmed.of for each in asked(analyst, version).ranking.bins) == 9


def test_a_bin_and_a_cell_together_are_the_rows_of_both(analyst, version, mixed):
    """The threshold lies within the bin."""
    flagged = selectors.rows(analyst, version, WINDOW, "flagged", 5)
    assert sorted(row.external_id for row in flagged) == sorted(mixed[index].external_id for index in (2, 4))
    assert selectors.rows(analyst, version, WINDOW, "unflagged", 5).count() == 0
    assert selectors.rows(analyst, version, WINDOW, "unflagged", 4).count() == 1


def test_what_a_person_concluded_outranks_a_label(analyst, version):
    cleared, confirmed = scored_transactions(version, [(0.9, True), (0.9, False)])
    closed_case(cleared, Disposition.FALSE_POSITIVE)
    closed_case(confirmed, Disposition.CONFIRMED)
    assert selectors.rows(analyst, version, WINDOW, "fp", None).get() == cleared
    assert selectors.rows(analyst, version, WINDOW, "tp", None).get() == confirmed
    matrix = asked(analyst, version).matrix
    assert (matrix.tp, matrix.fp) == (1, 1)


@pytest.mark.parametrize("disposition", [Disposition.FALSE_POSITIVE, Disposition.NO_ACTION])
def test_any_conclusion_but_confirmed_clears(disposition, analyst, version):
    closed_case(scored_transaction(version, 0.9), disposition)
    assert asked(analyst, version).matrix.fp == 1


def test_what_is_not_known_yet_is_no_outcome(analyst, version):
    long = (datetime.now(UTC) - factories.NOON).days + 2
    scored_transaction(version, 0.9, True, known_after=long)
    closed_case(scored_transaction(version, 0.8), at=datetime.now(UTC) + timedelta(days=2))
    matrix = asked(analyst, version).matrix
    assert (matrix.unknown_flagged, matrix.labelled) == (2, 0)
    assert selectors.rows(analyst, version, WINDOW, "unknown_flagged", None).count() == 2


def test_the_page_of_performance_says_who_knows(analyst, version):
    by_person, by_label, nobody = scored_transactions(version, [(0.9, True), (0.8, True), (0.7, None)])
    closed_case(by_person)
    found = selectors.with_scores(
        analyst, version, list(selectors.rows(analyst, version, WINDOW, "scored", None).order_by("pk"))
    )
    assert [(each.transaction, each.outcome_origin) for each in found] == [
        (by_person, "person"), (by_label, "label"), (nobody, ""),
    ]  # fmt: skip


def test_days_begin_and_end_at_midnight_in_utc(analyst, version):
    for at in (
        datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 30, 23, 59, 59, 999999, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC),
    ):  # fmt: skip
        scored_transaction(version, 0.9, at=at)
    found = asked(analyst, version)
    assert (found.matrix.scored, found.days, found.first, found.last) == (2, 30, WINDOW.first, WINDOW.last)
    assert selectors.rows(analyst, version, WINDOW, "scored", None).count() == 2


def test_a_version_without_scores_has_no_figures(analyst, version):
    found = asked(analyst, version)
    assert (
        found.matrix.scored,
        found.days,
        found.alerts_a_day,
        found.ranking.auc,
        found.ranking.calibration_error,
    ) == (
        0,
        0,
        None,
        None,
        None,
    )
    shown = page(analyst, version).content.decode()
    assert "scored nothing in these days" in shown


@pytest.mark.parametrize("outcomes", [[None] * 3, [True] * 3, [False] * 3])
def test_without_outcomes_or_with_one_kind_only_the_page_says_so(outcomes, analyst, version):
    scored_transactions(version, [(0.9 - index / 10, each) for index, each in enumerate(outcomes)])
    shown = page(analyst, version)
    assert shown.status_code == 200
    assert asked(analyst, version).ranking.average_precision is None
    assert "it needs both" in shown.content.decode()


@pytest.mark.parametrize("role", ModelRole.values)
@pytest.mark.parametrize("shadow", [False, True])
def test_a_score_counts_wherever_it_was_kept(role, shadow, analyst):
    version = model_version(role)
    scored_transaction(version, 0.9, True, shadow=shadow)
    found = asked(analyst, version)
    assert (found.matrix.tp, found.matrix.scored) == (1, 1)
    row = selectors.rows(analyst, version, WINDOW, "tp", None).get()
    assert selectors.with_scores(analyst, version, [row])[0].score == 0.9


def test_an_anomaly_score_beside_a_supervised_one_is_the_anomaly_model_s(analyst, version):
    anomaly = model_version(ModelRole.ANOMALY)
    moved = scored_transaction(version, 0.9, True)
    add_score(moved, anomaly, 0.2)
    assert asked(analyst, version).matrix.tp == 1
    assert asked(analyst, anomaly).matrix.fn == 1


def test_versions_of_one_artefact_share_their_scores_and_each_row_counts_once(analyst, version):
    """The same model at another threshold is judged by what it scored before it was in use."""
    child = model_version(sha256=version.sha256, parent=version, threshold=0.85)
    both, *_ = scored_transactions(version, [(0.9, True), (0.6, False)])
    add_score(both, child, 0.9, shadow=True)
    found = asked(analyst, child)
    assert (found.matrix.tp, found.matrix.tn, found.matrix.scored) == (1, 1, 2)
    assert found.also == [version]
    assert selectors.rows(analyst, child, WINDOW, "scored", None).count() == 2
    assert str(version) in page(analyst, child).content.decode()


def test_other_versions_scores_do_not_count(analyst, version):
    scored_transaction(model_version(), 0.9, True)
    scored_transaction(model_version(), 0.9, True, shadow=True)
    scored_transaction(model_version(ModelRole.ANOMALY, sha256=version.sha256), 0.9, True)
    assert asked(analyst, version).matrix.scored == 0


def test_the_default_days_end_with_the_newest_assessed_transaction(analyst, version):
    scored_transaction(version, 0.9, at=datetime(2018, 8, 14, 23, 0, tzinfo=UTC))
    scored_transaction(None, at=datetime(2019, 1, 1, tzinfo=UTC))
    found = selectors.window_for(analyst, None, None)
    assert (found.first, found.last) == (date(2018, 7, 16), date(2018, 8, 14))


def test_the_page_links_every_number_to_its_rows(analyst, version, mixed):
    shown = page(analyst, version).content.decode()
    rows = reverse("detection:model-performance-rows", args=[version.pk])
    for cell in ("tp", "fp", "fn", "tn", "unknown_flagged", "unknown_unflagged", "flagged", "labelled", "confirmed"):
        assert f"{rows}?cell={cell}&amp;from=2026-03-01&amp;to=2026-03-30" in shown
    assert f"{rows}?cell=labelled&amp;bin=3&amp;from=2026-03-01" in shown
    assert "What a person concluded outranks a label" in shown
    assert "how much of what became known was flagged" in shown
    assert 'href="?from=2026-01-30&amp;to=2026-02-28"' in shown
    assert 'href="?from=2026-03-31&amp;to=2026-04-29"' in shown


def test_an_anomaly_score_is_said_to_be_no_probability(analyst, version, mixed):
    assert "no probability" not in page(analyst, version).content.decode()
    anomaly = model_version(ModelRole.ANOMALY)
    scored_transaction(anomaly, 0.9, True)
    assert "no probability of being confirmed" in page(analyst, anomaly).content.decode()


def test_the_rows_page_counts_what_it_lists_and_pages_through_it(analyst, version):
    scored_transactions(version, [(0.9, True)] * 53)
    first = page(analyst, version, "model-performance-rows", cell="tp")
    assert "53 transactions" in first.content.decode()
    seen = [row.pk for row in first.context["page"].items]
    older = page(analyst, version, "model-performance-rows", cell="tp", cursor=first.context["page"].older)
    seen += [row.pk for row in older.context["page"].items]
    assert (len(seen), len(set(seen))) == (53, 53)


@pytest.mark.parametrize("query", [{"cell": "all"}, {"bin": "10"}, {"bin": "x"}, {"from": "yesterday"}])
def test_rows_that_no_number_counts_are_not_found(query, analyst, version):
    assert page(analyst, version, "model-performance-rows", **query).status_code == 404


def test_days_that_make_no_sense_are_said_on_the_page(analyst, version):
    shown = page(analyst, version, to="2026-02-01")
    assert shown.status_code == 422
    assert "The last day lies before the first." in shown.content.decode()


def test_figures_are_for_who_reads_models_and_rows_for_who_reads_transactions(stranger, analyst, version, mixed):
    with pytest.raises(NotFound):
        asked(stranger, version)
    reader = factories.user("Reader")
    reader.user_permissions.add(*_permissions("model:read"))
    assert asked(reader, version).matrix.tp == 0
    factories.grant(reader, "read_data", OrgUnit.objects.get(pk=ROOT_ID))
    assert asked(reader, version).matrix.tp == 4
    with pytest.raises(NotAllowed):
        selectors.rows(reader, version, WINDOW, "tp", None)
    shown = page(reader, version)
    assert shown.status_code == 200
    assert "performance/rows" not in shown.content.decode()
    assert page(reader, version, "model-performance-rows").status_code == 403
    assert page(stranger, version).status_code == 403


def _permissions(name: str) -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename=name)


def test_the_summary_is_a_fragment_for_the_model_card(analyst, version, mixed):
    client = Client(headers={"HX-Request": "true"})
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    shown = client.get(reverse("detection:model-performance-summary", args=[version.pk])).content.decode()
    assert "<html" not in shown
    assert "0.800" in shown
    assert reverse("detection:model-capacity", args=[version.pk]) in shown


def test_the_model_card_asks_for_the_summary_and_works_without_a_script(analyst, version):
    shown = page(analyst, version, "model-detail").content.decode()
    assert f'hx-get="{reverse("detection:model-performance-summary", args=[version.pk])}"' in shown
    assert f'href="{reverse("detection:model-performance", args=[version.pk])}"' in shown


def test_machines_get_the_same_numbers_and_rows(analyst, version, mixed):
    client = Client()
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    found = client.get(f"/api/v1/models/{version.pk}/performance", DAYS).json()
    assert found["matrix"] == {"tp": 4, "fp": 1, "fn": 1, "tn": 3, "unknown_flagged": 1, "unknown_unflagged": 2}
    assert (found["precision"]["value"], found["precision"]["of"], found["labelled"]) == (0.8, 5, 9)
    assert sum(each["confirmed"]["of"] for each in found["calibration"]) == 9
    rows = client.get(f"/api/v1/models/{version.pk}/performance/rows", {**DAYS, "cell": "fn"}).json()
    assert [(row["external_id"], row["score"], row["is_confirmed"]) for row in rows["results"]] == [
        (mixed[5].external_id, 0.499999, True)
    ]
    seen, address = (
        [],
        f"/api/v1/models/{version.pk}/performance/rows?cell=scored&limit=5&from=2026-03-01&to=2026-03-30",
    )
    while address:
        answer = client.get(address).json()
        seen += [row["transaction_id"] for row in answer["results"]]
        address = answer["older"]
    assert sorted(seen) == sorted(row.pk for row in mixed)


def test_machines_are_told_what_does_not_hold(analyst, version):
    client = Client()
    client.force_login(analyst, backend="finobs.accounts.backends.RolePermissionBackend")
    refused = client.get(f"/api/v1/models/{version.pk}/performance", {"from": "2026-03-01", "to": "2026-02-01"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/to")


def test_the_figures_take_as_many_queries_for_many_rows_as_for_few(analyst, version, mixed):
    def number() -> int:
        with CaptureQueriesContext(connection) as made:
            asked(analyst, version)
        return len(made)

    asked(analyst, version)  # her permissions are read once
    few = number()
    scored_transactions(version, MIXED * 4)
    scored_transactions(model_version(sha256=version.sha256), MIXED, shadow=True)
    assert number() == few <= 8


def test_rows_are_restricted_as_transactions_are(analyst, version, mixed, monkeypatch):
    hidden = mixed[0]
    whole = access.restrict

    def without_one(rows: Any, user: Any, action: str) -> Any:
        found = whole(rows, user, action)
        return found.exclude(pk=hidden.pk) if rows.model is Transaction else found

    monkeypatch.setattr(access, "restrict", without_one)
    assert hidden not in selectors.rows(analyst, version, WINDOW, "tp", None)


def test_a_label_of_another_row_changes_nothing(analyst, version, mixed):
    before = asked(analyst, version).matrix
    Label.objects.create(transaction=factories.transaction(), is_suspicious=True, known_at=factories.NOON)
    assert asked(analyst, version).matrix == before
