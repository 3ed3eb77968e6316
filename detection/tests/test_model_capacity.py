"""Thresholds from what people have time for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from detection.choices import ModelRole, ModelStage, Typology
from detection.ml.registry import approval_actions
from detection.ml.registry.model_card import model_card
from detection.models import Assessment, ModelVersion
from detection.performance import capacity as capacities
from detection.performance.selectors import performance
from detection.performance.services import model_threshold_set
from detection.tests.factories import (
    WINDOW,
    add_score,
    alert_for,
    model_version,
    scored_transaction,
    scored_transactions,
)
from finobs.core.errors import Invalid, NotAllowed, NotFound
from finobs.ledger.models import Event
from tests import factories

pytestmark = pytest.mark.django_db
DAYS = {"first": "2026-03-01", "last": "2026-03-30"}


@pytest.fixture
def queue_for_models():
    return factories.queue("models", name="Model alerts", typologies=[Typology.UNUSUAL], alerts_a_day=3)


@pytest.fixture
def version():
    """Scored 40 rows on each of two days: 0.60, 0.61, ..., of which the highest eight are confirmed."""
    made = model_version(
        stage=ModelStage.CHAMPION, threshold=0.9, metrics={"parity": 1e-7, "flagged_share": 0.01, "edges": [0, 1]}
    )
    owner = factories.account()
    for index in range(80):
        at = factories.NOON + timedelta(days=index % 2)
        scored_transaction(made, round(0.6 + index / 1_000, 6), index >= 72, of=owner, at=at)
    return made


def capacity(*asked: Any) -> Any:
    return capacities.capacity_report(*asked)


def rows_of(version):
    return [each.transaction for each in Assessment.objects.filter(model_version=version).order_by("score")]


def set_threshold(actor, version, a_day=4, reason="Two people less in summer.", window=WINDOW):
    return model_threshold_set(actor=actor, version=version, alerts_a_day=a_day, window=window, reason=reason)


def client_of(user):
    client = Client()
    client.force_login(user, backend="finobs.accounts.backends.RolePermissionBackend")
    return client


def test_the_threshold_gives_so_many_alerts_a_day_with_its_expected_precision(analyst, version):
    found = capacity(analyst, version, WINDOW, 6)
    assert (found.days, found.refusal) == (2, "")
    assert (found.chosen.threshold, found.chosen.alerts, found.chosen.a_day) == (0.668, 12, 6)
    assert (found.chosen.precision.hits, found.chosen.precision.of, found.chosen.recall.value) == (8, 12, 1.0)
    assert performance(analyst, version, WINDOW).matrix.scored == found.chosen.scored == 80


def test_rules_come_first_and_what_they_alert_is_no_further_alert(analyst, version, queue_for_models):
    rows = rows_of(version)
    for row in rows[-2:]:
        alert_for(row, typology=Typology.UNUSUAL)
    alert_for(rows[0], typology=Typology.LARGE_AMOUNT)
    found = capacity(analyst, version, WINDOW)
    assert (found.headroom.can_take, found.headroom.by_rules, found.headroom.left) == (3, 1.0, 2.0)
    assert found.headroom.queue.queue == "Model alerts"
    assert (found.target, found.chosen.alerts, found.chosen.threshold) == (2.0, 4, 0.674)
    assert found.chosen.flagged == 6


def test_the_other_model_in_force_fills_the_queue_too(analyst, version, queue_for_models):
    other = model_version(ModelRole.ANOMALY, stage=ModelStage.CHAMPION, threshold=0.5)
    rows = rows_of(version)
    add_score(rows[-1], other, 0.9)
    add_score(rows[0], other, 0.9)
    add_score(rows[1], other, 0.4)
    found = capacity(analyst, version, WINDOW)
    assert (found.headroom.other, found.headroom.by_other, found.headroom.left) == (other, 1.0, 2.0)
    assert found.chosen.threshold == 0.675


def test_the_default_queue_takes_what_no_other_takes(analyst, version):
    factories.queue("large", typologies=[Typology.LARGE_AMOUNT])
    factories.queue("rest", name="The rest", is_default=True, alerts_a_day=7)
    queue = capacity(analyst, version, WINDOW).headroom.queue
    assert (queue.queue, queue.alerts_a_day, queue.url) == ("The rest", 7, "")
    assert Typology.UNUSUAL in queue.typologies
    assert Typology.LARGE_AMOUNT not in queue.typologies


def test_without_a_capacity_it_starts_from_what_the_version_gives(analyst, version):
    ModelVersion.objects.filter(pk=version.pk).update(threshold=0.67)
    version.refresh_from_db()
    found = capacity(analyst, version, WINDOW)
    assert (found.headroom.queue, found.headroom.left, found.target) == (None, None, 5.0)
    assert found.chosen.threshold == found.now.threshold == 0.67


def test_without_outcomes_precision_is_not_known(analyst):
    version = model_version(threshold=0.5)
    scored_transactions(version, [(0.9 - index / 100, None) for index in range(20)])
    found = capacity(analyst, version, WINDOW, 3)
    assert (found.chosen.alerts, found.chosen.precision.value, found.chosen.recall.value, found.chosen.unknown) == (
        3,
        None,
        None,
        3,
    )
    shown = client_of(analyst).get(
        reverse("detection:model-capacity", args=[version.pk]), {"from": "2026-03-01", "to": "2026-03-30"}
    )
    assert "how many would be right is not known" in shown.content.decode()


def test_a_candidate_for_capacity_says_when_nothing_is_left_and_when_nothing_was_scored(
    analyst, version, queue_for_models
):
    for row in rows_of(version)[:6]:
        alert_for(row, typology=Typology.UNUSUAL)
    found = capacity(analyst, version, WINDOW)
    assert (found.headroom.left, found.chosen) == (0.0, None)
    assert "Nothing is left in the queue" in found.refusal
    assert "scored nothing" in capacity(analyst, model_version(), WINDOW, 3).refusal


def test_a_new_candidate_is_made_of_the_same_artefact(admin, version):
    made = set_threshold(admin, version)
    assert (made.parent, made.sha256, made.role, made.kind) == (version, version.sha256, version.role, version.kind)
    assert (made.stage, made.threshold, made.alerts_a_day, made.created_by) == (ModelStage.CANDIDATE, 0.672, 4.0, admin)
    assert made.number != version.number
    assert made.metrics["parity"] == 1e-7
    assert made.metrics["flagged_share"] == 8 / 80
    assert (sum(made.metrics["histogram"]), made.metrics["edges"][-1]) == (80, 0.679)
    assert made.metrics["threshold_from"] == "transactions of 1 Mar 2026 to 30 Mar 2026"
    expected = made.metrics["capacity"]
    assert (expected["precision"], expected["known"], expected["recall"], expected["alerts_a_day"]) == (
        1.0,
        8,
        1.0,
        4.0,
    )
    version.refresh_from_db()
    assert (version.stage, version.threshold) == (ModelStage.CHAMPION, 0.9)
    body = bytes(Event.objects.get(action="model.threshold_set").body).decode()
    for said in (
        '"threshold":"0.672"',
        '"before":"0.9"',
        '"alerts_a_day":"4"',
        "Two people less in summer.",
        str(version),
    ):
        assert said in body
    assert made.history.get().history_user == admin


def test_the_candidate_is_judged_at_once_by_the_scores_of_its_artefact(admin, version):
    made = set_threshold(admin, version)
    found = performance(admin, made, WINDOW)
    assert (found.matrix.flagged, found.alerts_a_day) == (8, 4.0)


def test_the_card_of_a_candidate_says_what_its_threshold_was_set_for_and_expected(admin, version):
    made = set_threshold(admin, version)
    shown = client_of(admin).get(reverse("detection:model-performance-summary", args=[made.pk])).content.decode()
    assert "0.672000, set for 4 alerts a day; expected precision 1.000" in " ".join(shown.split())
    assert "of 8 alerts with an outcome, 2026-03-01 to 2026-03-30" in shown


def test_a_candidate_for_capacity_claims_nothing_that_was_measured_at_another_threshold(admin, version):
    version.metrics |= {"auc": 0.9, "precision": 0.86, "recall": 0.65, "threshold_rows": 12_345, "parity_rows": 20_000}
    version.parameters = {"share": "0.005", "trees": 100}
    version.save()
    made = set_threshold(admin, version)
    told = approval_actions.snapshot(made, {"reason": "Less people."})
    shown = told["metrics"]
    assert not {"precision", "recall"} & {*made.metrics, *shown}
    assert (shown["auc"], made.parameters) == ("0.9", {"trees": 100})
    assert told["expected"] == {"precision": "1.0", "known": "8", "recall": "1.0"}
    assert ("Reach the threshold", "10.000% of the 80 transactions of 1 Mar 2026 to 30 Mar 2026") in model_card(
        made
    ).figures


def test_asking_twice_makes_one(admin, version):
    assert set_threshold(admin, version) == set_threshold(admin, version)
    assert Event.objects.filter(action="model.threshold_set").count() == 1


@pytest.mark.parametrize(
    ("a_day", "why"),
    [(0.2, "still flags anything"), (20, "50.0%"), (40, "100.0%"), (0, "More than 0"), (10**9, "More than 0")],
)
def test_what_flags_nothing_or_nearly_everything_is_refused(a_day, why, admin, version):
    with pytest.raises(Invalid) as refused:
        set_threshold(admin, version, a_day)
    assert why in refused.value.fields["alerts_a_day"][0]
    assert ModelVersion.objects.count() == 1


def test_the_threshold_it_has_already_makes_nothing(admin, version):
    ModelVersion.objects.filter(pk=version.pk).update(threshold=0.672)
    with pytest.raises(Invalid) as refused:
        set_threshold(admin, version)
    assert "its threshold already" in refused.value.fields["alerts_a_day"][0]
    assert ModelVersion.objects.count() == 1


def test_a_reason_is_needed(admin, version):
    with pytest.raises(Invalid) as refused:
        set_threshold(admin, version, reason="  ")
    assert "reason" in refused.value.fields


def test_only_who_may_change_models_sets_thresholds(analyst, lead, auditor, stranger, version):
    for person in (analyst, lead, auditor):
        with pytest.raises(NotAllowed):
            set_threshold(person, version)
    with pytest.raises(NotFound):
        set_threshold(stranger, version)
    assert not Event.objects.filter(action="model.threshold_set").exists()


def test_the_page_shows_the_room_the_curve_and_the_form_filled_in(admin, analyst, version, queue_for_models):
    address, days = reverse("detection:model-capacity", args=[version.pk]), {"from": "2026-03-01", "to": "2026-03-30"}
    shown = client_of(admin).get(address, days).content.decode()
    assert "3 alerts a day" in shown
    assert 'name="alerts_a_day" value="3.0"' in shown
    assert 'name="first" value="2026-03-01"' in shown
    assert "<svg" in shown
    assert "Make a candidate with this threshold" not in client_of(analyst).get(address, days).content.decode()
    other = client_of(admin).get(address, {**days, "alerts_a_day": "6"}).content.decode()
    assert "0.668000" in other


def test_the_form_makes_the_candidate_and_says_what_it_refuses(admin, version):
    address = reverse("detection:model-threshold-set", args=[version.pk])
    refused = client_of(admin).post(address, {**DAYS, "alerts_a_day": "39", "reason": "All of it."})
    assert refused.status_code == 422
    assert "tells nobody where to look" in refused.content.decode()
    assert "All of it." in refused.content.decode()
    made = client_of(admin).post(address, {**DAYS, "alerts_a_day": "4", "reason": "As agreed."})
    assert made.status_code == 302
    assert made.url == reverse("detection:model-detail", args=[ModelVersion.objects.latest("pk").pk])


@pytest.mark.parametrize(
    "sent", [{}, {"alerts_a_day": "many"}, {"alerts_a_day": "nan", "reason": "x y z"}, {"first": "now"}]
)
def test_a_form_that_does_not_hold_makes_nothing(sent, admin, version):
    address = reverse("detection:model-threshold-set", args=[version.pk])
    assert client_of(admin).post(address, {**DAYS, **sent}).status_code == 422
    assert ModelVersion.objects.count() == 1


def test_machines_read_and_set_it(admin, analyst, version, queue_for_models):
    query = {"from": "2026-03-01", "to": "2026-03-30", "alerts_a_day": "6"}
    found = client_of(analyst).get(f"/api/v1/models/{version.pk}/capacity", query).json()
    assert (found["chosen"]["threshold"], found["chosen"]["precision"]["hits"]) == (0.668, 8)
    assert (found["headroom"]["queue"], found["headroom"]["can_take"], found["refusal"]) == ("Model alerts", 3, "")
    body = {"alerts_a_day": 4.0, "reason": "As agreed.", "from": "2026-03-01", "to": "2026-03-30"}
    address, kind = f"/api/v1/models/{version.pk}/threshold", "application/json"
    made = client_of(admin).post(address, body, content_type=kind)
    assert (made.status_code, made.json()["threshold"], made.json()["stage"]) == (201, 0.672, "candidate")
    assert client_of(analyst).post(address, body, content_type=kind).status_code == 403
    refused = client_of(admin).post(address, {**body, "alerts_a_day": 39}, content_type=kind)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/alerts_a_day")


def test_a_number_of_alerts_that_makes_no_sense_is_refused_beside_its_field(analyst, version):
    address = reverse("detection:model-capacity", args=[version.pk])
    refused = client_of(analyst).get(address, {"alerts_a_day": "-2"})
    assert refused.status_code == 422
    assert "Ensure this value is greater than or equal to 0.01." in refused.content.decode()
    shown = client_of(analyst).get(address, {"alerts_a_day": "6", "from": "2026-03-01", "to": "2026-03-30"})
    assert "The threshold for 6 alerts a day" in shown.content.decode()
