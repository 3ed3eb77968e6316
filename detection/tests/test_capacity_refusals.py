"""What fills a queue beside a model, why no threshold can be set, and what machines are told of both."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest

from detection.choices import ModelRole, ModelStage, Typology
from detection.hooks import MAX_ALERTS_A_DAY, Capacity
from detection.models import ModelVersion
from detection.performance import capacity
from detection.performance.capacity import QueueHeadroom
from detection.performance.leaderboard import BAR_WIDTH
from detection.performance.metrics import ScoredRows
from detection.performance.proportions import Proportion
from detection.performance.thresholds import ThresholdLevel
from detection.tests.factories import WINDOW, add_score, alert_for, model_version, scored_transaction
from finobs.core.errors import Invalid, NotFound
from tests import factories
from tests.support.clients import signed_in
from tests.support.ledger_events import event_bodies, last_event

DAY = timedelta(days=1)
DAYS = {"from": "2026-03-01", "to": "2026-03-30"}


def queue(alerts_a_day: int | None) -> Capacity:
    return Capacity("Models", "", alerts_a_day, (Typology.UNUSUAL,))


@pytest.mark.parametrize(
    ("headroom", "can_take", "left"),
    [
        (QueueHeadroom(None, 5, None, 0), None, None), (QueueHeadroom(queue(None), 5, None, 0), None, None),
        (QueueHeadroom(queue(10), 2.5, None, 1.5), 10, 6.0), (QueueHeadroom(queue(10), 8, None, 4), 10, 0.0),
        (QueueHeadroom(queue(0), 0, None, 0), 0, 0.0),
    ],
)  # fmt: skip
def test_what_is_left_in_a_queue_is_what_rules_and_the_other_model_leave(headroom, can_take, left):
    assert (headroom.can_take, headroom.left) == (can_take, left)


def level(share: float) -> ThresholdLevel:
    return ThresholdLevel(0.5, 1, 1.0, round(share * 10_000), 10_000, Proportion(0, 0), Proportion(0, 0))


def some_rows(number: int = 1) -> ScoredRows:
    numbers = np.arange(number)
    return ScoredRows(numbers, numbers, numbers.astype(np.float64), numbers)


@pytest.mark.parametrize(
    ("rows", "target", "chosen", "words"),
    [
        (some_rows(0), 5, None, "scored nothing in these days"), (some_rows(), 0, None, "Nothing is left in the queue"),
        (some_rows(), -1, None, "Nothing is left in the queue"),
        (some_rows(), 2.5, None, "No threshold gives at most 2.5 alerts a day"),
        (some_rows(), 5, level(0.2001), "It would flag 20.0% of the transactions"), (some_rows(), 5, level(0.2), ""),
    ],
)  # fmt: skip
def test_a_refusal_says_why_no_threshold_can_be_set(rows, target, chosen, words):
    text = capacity._refusal(rows, target, chosen)
    assert words in text
    assert bool(text) is bool(words)


@pytest.fixture
def scored(db):
    """A champion's eighty rows, of which the highest ten are confirmed, by turns on two days; its queue takes three."""
    factories.queue("models", name="Models", typologies=[Typology.UNUSUAL], alerts_a_day=3)
    version = model_version(stage=ModelStage.CHAMPION, threshold=0.6, metrics={"parity": 0.0, "flagged_share": 0.01})
    owner = factories.account()
    rows = [
        scored_transaction(
            version, round(0.2 + number / 200, 3), number >= 70, of=owner, at=factories.NOON + number % 2 * DAY
        )
        for number in range(80)
    ]
    return version, rows


@pytest.mark.parametrize(
    ("a_day", "holds"), [(0, False), (-1, False), (0.5, True), (MAX_ALERTS_A_DAY, True), (MAX_ALERTS_A_DAY + 1, False)]
)
@pytest.mark.django_db
def test_a_target_is_within_reason(a_day, holds, analyst):
    version = model_version()
    if holds:
        assert capacity.capacity_report(analyst, version, WINDOW, a_day).target == a_day
        return
    with pytest.raises(Invalid) as refusal:
        capacity.capacity_report(analyst, version, WINDOW, a_day)
    assert list(refusal.value.fields) == ["alerts_a_day"]


@pytest.mark.django_db
def test_alerts_of_rules_fill_the_queue_of_their_typology_and_are_none_of_the_model_s(scored, analyst):
    version, rows = scored
    alert_for(rows[79], typology=Typology.UNUSUAL)
    alert_for(rows[78], typology=Typology.LARGE_AMOUNT)
    alert_for(rows[77], rule=False, typology=Typology.UNUSUAL, model_version=version)
    alert_for(scored_transaction(None, at=factories.NOON + 20 * DAY), typology=Typology.UNUSUAL)
    report = capacity.capacity_report(analyst, version, WINDOW, 1)
    assert report.headroom.by_rules == 0.5
    assert report.chosen is not None
    # The two highest that no rule alerted: 77 and 76.
    assert (report.chosen.threshold, report.chosen.alerts) == (0.58, 2)
    assert (report.headroom.other, report.headroom.by_other, report.days) == (None, 0.0, 2)


@pytest.mark.django_db
def test_the_champion_of_the_other_role_fills_it_from_its_threshold_on(scored, analyst):
    version, rows = scored
    other = model_version(ModelRole.ANOMALY, stage=ModelStage.CHAMPION, threshold=0.9)
    watching = model_version(ModelRole.ANOMALY, stage=ModelStage.SHADOW, threshold=0.1)
    for row, score in zip(rows[-3:], (0.9, 0.899999, 0.95), strict=True):
        add_score(row, other, score)
        add_score(row, watching, 0.99, shadow=True)
    report = capacity.capacity_report(analyst, version, WINDOW)
    assert (report.headroom.other, report.headroom.by_other) == (other, 1.0)
    assert (report.headroom.left, report.target) == (2.0, 2.0)


@pytest.mark.django_db
def test_machines_read_exactly_these_fields_of_capacity(scored, analyst):
    version, _ = scored
    answer = signed_in(analyst).get(f"/api/v1/models/{version.pk}/capacity", DAYS).json()
    assert set(answer) == {"version", "days", "headroom", "target", "now", "chosen", "curve", "refusal"}
    assert answer["headroom"] == {"queue": "Models", "can_take": 3, "by_rules": 0.0, "by_other_model": 0.0, "left": 3.0}
    assert (answer["days"], answer["target"], answer["refusal"]) == (2, 3.0, "")
    assert answer["chosen"] == {
        "threshold": 0.57, "alerts": 6, "alerts_a_day": 3.0, "flagged_share": 0.075, "unknown": 0,
        "precision": answer["chosen"]["precision"], "recall": answer["chosen"]["recall"],
    }  # fmt: skip
    assert {name: answer["chosen"]["precision"][name] for name in ("hits", "of", "value")} == {
        "hits": 6,
        "of": 6,
        "value": 1.0,
    }
    assert {name: answer["chosen"]["recall"][name] for name in ("hits", "of", "value")} == {
        "hits": 6,
        "of": 10,
        "value": 0.6,
    }
    assert answer["now"]["alerts"] == 0
    assert answer["now"]["precision"] == {"hits": 0, "of": 0, "value": None, "low": None, "high": None}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["performance", "performance/rows", "capacity", "leaderboard"])
@pytest.mark.parametrize(
    ("query", "field"),
    [({"from": "soon"}, "from"), ({"from": "2026-03-02", "to": "2026-03-01"}, "to"), ({"from": "2026-01-01", "to": "2026-12-31"}, "to")],
)  # fmt: skip
def test_machines_are_told_which_day_makes_no_sense(address, query, field, analyst):
    version = model_version()
    path = f"/api/v1/models/{'leaderboard' if address == 'leaderboard' else f'{version.pk}/{address}'}"
    response = signed_in(analyst).get(path, query)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [f"#/{field}"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "query", "status"),
    [
        ("performance/rows", {"cell": "auc"}, 404), ("performance/rows", {"bin": "10"}, 404), ("performance/rows", {"bin": "x"}, 422),
        ("performance/rows", {"cell": "tp", "bin": "9"}, 200), ("capacity", {"alerts_a_day": "0"}, 422),
        ("capacity", {"alerts_a_day": "0.01"}, 200),
    ],
)  # fmt: skip
def test_machines_are_told_which_number_there_is_none_of(address, query, status, analyst):
    response = signed_in(analyst).get(f"/api/v1/models/{model_version().pk}/{address}", {**DAYS, **query})
    assert response.status_code == status


@pytest.mark.django_db
def test_machines_read_exactly_these_fields_of_a_scored_row(scored, analyst):
    version, rows = scored
    answer = (
        signed_in(analyst)
        .get(f"/api/v1/models/{version.pk}/performance/rows", {**DAYS, "limit": "1", "cell": "confirmed"})
        .json()
    )
    row = rows[79]
    assert answer["results"] == [
        {
            "transaction_id": row.pk, "source": row.source.slug, "external_id": row.external_id,
            "account": row.account.external_id, "occurred_at": "2026-03-03T12:00:00Z", "score": 0.595, "is_confirmed": True,
            "outcome_origin": "label",
        }
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_leaderboard_ranks_and_measures_each_version_by_its_own_threshold(scored, analyst):
    version, rows = scored
    rival = model_version(stage=ModelStage.SHADOW, threshold=0.5)
    silent = model_version(stage=ModelStage.SHADOW)
    for number, row in enumerate(rows[40:]):
        add_score(row, rival, 1 - number / 100, shadow=True)
    answer = signed_in(analyst).get("/api/v1/models/leaderboard", {**DAYS, "role": "supervised"}).json()
    assert (answer["rows"], answer["labelled"], answer["role"]) == (40, 40, "supervised")
    assert [entry["version"]["id"] for entry in answer["entries"]] == [version.pk, rival.pk]
    assert [entry["own"]["scored"] for entry in answer["entries"]] == [80, 40]
    assert [entry["common"]["matrix"]["tp"] for entry in answer["entries"]] == [0, 10]
    assert [entry["version"]["id"] for entry in answer["others"]] == [silent.pk]
    page = signed_in(analyst).get("/detection/models/leaderboard/", {**DAYS, "role": "supervised"}).content.decode()
    assert f'width="{float(BAR_WIDTH)}"' in page


@pytest.mark.django_db
def test_a_threshold_that_machines_set_is_a_candidate_with_what_it_lets_expect(scored, admin):
    version, _ = scored
    body = {"alerts_a_day": 3, "reason": "Summer.", **DAYS}
    path = f"/api/v1/models/{version.pk}/threshold"
    response = signed_in(admin).post(path, json.dumps(body), content_type="application/json")
    assert response.status_code == 201, response.content
    candidate = ModelVersion.objects.get(parent=version)
    assert (candidate.threshold, candidate.alerts_a_day, candidate.stage, candidate.created_by) == (
        0.57,
        3.0,
        "candidate",
        admin,
    )
    assert candidate.metrics["capacity"] == {
        "from": "2026-03-01", "to": "2026-03-30", "rows": 80, "alerts": 6, "alerts_a_day": 3.0, "known": 6, "confirmed": 6,
        "precision": 1.0, "precision_low": pytest.approx(Proportion(6, 6).low), "precision_high": pytest.approx(1.0),
        "recall": 0.6, "all_confirmed": 10,
    }  # fmt: skip
    data = last_event("model.threshold_set")["data"]
    assert {name: data[name] for name in ("parent", "threshold", "before", "alerts_a_day", "reason")} == {
        "parent": str(version), "threshold": "0.57", "before": "0.6", "alerts_a_day": "3.0", "reason": "Summer."
    }  # fmt: skip
    again = signed_in(admin).post(path, json.dumps(body), content_type="application/json")
    assert again.json()["id"] == candidate.pk
    assert len(event_bodies("model.threshold_set")) == 1


@pytest.mark.django_db
def test_a_stranger_is_told_of_no_capacity(stranger):
    version = model_version()
    with pytest.raises(NotFound):
        capacity.capacity_report(stranger, version, WINDOW)
    for address in ("capacity", "performance", "performance/rows"):
        assert signed_in(stranger).get(f"/api/v1/models/{version.pk}/{address}", DAYS).status_code in (403, 404)
