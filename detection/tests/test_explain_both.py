"""An alert that two models scored keeps the explanation of the score that is shown, and that of the one beside it."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from detection.ml.explain import explainer
from detection.models import Alert, Assessment, ModelVersion
from detection.pipeline import explanations
from detection.pipeline.assess import assess
from detection.pipeline.replay import replay
from detection.tasks import explain_batch
from detection.tests import scenarios
from detection.tests.test_alert_explanation import total
from finobs.core.errors import Unavailable
from finobs.ledger.canonical import canonical
from tests import factories
from tests.support.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def anomaly(source, superuser, queue):
    queue.typologies = ["unusual_activity", "large_amount"]
    queue.save()
    return scenarios.champion(source, superuser)


@pytest.fixture
def ranker(source, anomaly):
    return scenarios.supervised_model(
        scenarios.transactions(source, scenarios.usual_amounts(400, seed=5)), threshold=0.0
    )


def come(source, amounts):
    rows = scenarios.transactions(source, amounts, occurred_at=factories.NOON + timedelta(days=9))
    assess(batch=rows[0].batch, transactions=rows)
    return rows


@pytest.fixture
def alert(source, ranker):
    come(source, [80_000_000])
    return Alert.objects.get()


def test_both_explanations_add_up_each_to_its_own_score(alert, ranker, anomaly):
    kept = alert.explanation
    (beside,) = kept["beside"]
    assert kept["currency"] == "USD"
    assert [each["role"] for each in (kept, beside)] == ["supervised", "anomaly"]
    assert [each["model_version"] for each in (kept, beside)] == [ranker.pk, anomaly.pk]
    assert [each["score"] for each in (kept, beside)] == [each["score"] for each in alert.parameters["models"]]
    for each in (kept, beside):
        assert total(each) == pytest.approx(float(each["score"]), abs=1e-6)
    assert set(beside) == set(kept) - {"currency", "beside"}
    assert canonical(kept), "kept as canonical text"


def test_again_is_the_same_to_the_digit_and_so_is_the_replay(alert):
    assert explanations.recompute(alert) == alert.explanation
    assert replay(alert).differences == []
    alert.explanation["beside"][0]["base"] = "0.5"
    assert replay(alert).differences == ["Explanation: its beside came out otherwise."]


def test_the_page_draws_both_under_the_names_of_their_models(alert, analyst, ranker, anomaly):
    page = signed_in(analyst).get(f"/detection/alerts/{alert.pk}/").content.decode()
    assert page.count('<svg class="chart waterfall"') == 2
    assert f"The score that is shown, by {ranker}: probability of being confirmed suspicious" in page
    assert f"Beside it, by {anomaly}: anomaly score, 0 to 1" in page
    for figure in page.split("<figure")[1:]:
        assert all(f'scope="col" class="number">{name}<' in figure for name in ("Observed", "Expected", "Contribution"))
        assert "style=" not in figure.split("</figure>")[0]
    assert page.count('scope="col">Feature') == 7, "both pictures, what is too little for them, and three members"


def test_the_fragment_that_the_case_page_loads_has_both(alert, analyst):
    where = f"/detection/alerts/{alert.pk}/explanation/"
    client = signed_in(analyst)
    assert (
        f'hx-get="{where}"' in client.get(f"/cases/incidents/{alert.case_alert.incident.reference}/").content.decode()
    )
    page = client.get(where, headers={"HX-Request": "true"}).content.decode().strip()
    assert page.startswith("<figure")
    assert page.count("<figure") == page.count("</table>") - page.count("<details") - 1 == 2


def test_the_api_answers_with_both_and_documents_them(alert, analyst):
    client = signed_in(analyst)
    answer = client.get(f"/api/v1/alerts/{alert.pk}/explanation").json()
    assert answer["beside"][0]["features"] == alert.explanation["beside"][0]["features"]
    assert (answer["role"], answer["currency"], answer["beside"][0]["role"]) == ("supervised", "USD", "anomaly")


def test_an_assessed_transaction_without_an_alert_has_both_on_demand(source, ranker, analyst):
    ModelVersion.objects.filter(pk=ranker.pk).update(threshold=1.1)
    (row,) = come(source, [3_012])
    kept = Assessment.objects.get(pk=row.pk)
    assert not Alert.objects.exists()
    answer = signed_in(analyst).get(f"/api/v1/transactions/{row.pk}/explanation").json()
    assert (answer["score"], answer["beside"][0]["score"]) == (repr(kept.score), repr(kept.anomaly_score))
    for each in (answer, answer["beside"][0]):
        assert total(each) == pytest.approx(float(each["score"]), abs=1e-6)
    page = signed_in(analyst).get(f"/detection/transactions/{row.pk}/explanation/").content.decode()
    assert page.count("<figure") == 2


def broken(of: str, real):
    def make(version):
        if version.role == of:
            raise Unavailable("it cannot")
        return real(version)

    return make


def test_what_stands_beside_and_cannot_be_explained_is_left_out(source, ranker, monkeypatch, caplog):
    monkeypatch.setattr(explanations, "explainer", broken("anomaly", explainer))
    come(source, [80_000_000])
    kept = Alert.objects.get().explanation or {}
    assert (kept["role"], kept["beside"]) == ("supervised", [])
    assert "beside it cannot be explained" in caplog.text


@pytest.mark.parametrize("fault", [Unavailable("it cannot"), ZeroDivisionError(), MemoryError()])
def test_one_that_fails_stops_neither_the_decision_nor_the_others(source, ranker, monkeypatch, caplog, fault):
    real, asked = explanations.explain, []

    def first_fails(given, currency):
        asked.append(given[0].score)
        if len(asked) == 1:
            raise fault
        return real(given, currency)

    monkeypatch.setattr(explanations, "explain", first_fails)
    come(source, [80_000_000, 2_000, 90_000_000])
    alerts = list(Alert.objects.all())
    assert len(alerts) == len(asked) == 3
    assert [alert.score for alert in alerts if alert.explanation is None] == [max(asked)]
    assert "without its explanation" in caplog.text


def test_the_rest_of_a_batch_is_filled_though_one_cannot_be(source, ranker, monkeypatch, caplog):
    monkeypatch.setattr(explanations, "MAX_INLINE", 0)
    rows = come(source, [80_000_000, 70_000_000, 60_000_000])
    spoilt = Alert.objects.order_by("id")[1]
    snapshot = copy.deepcopy(spoilt.snapshot)
    snapshot["features"] = {}
    Alert.objects.filter(pk=spoilt.pk).update(snapshot=snapshot)
    assert explain_batch(rows[0].batch_id) == 2
    assert list(Alert.objects.filter(explanation__isnull=True)) == [spoilt]
    assert "stays without its explanation" in caplog.text


def test_the_list_shows_the_score_of_the_model_that_asked(alert, analyst, anomaly, ranker):
    kept = alert.parameters
    kept["models"] = [each | {"is_flagged": each["role"] == "anomaly"} for each in kept["models"]]
    Alert.objects.filter(pk=alert.pk).update(parameters=kept)
    asked = next(float(each["score"]) for each in kept["models"] if each["is_flagged"])
    page = signed_in(analyst).get("/detection/alerts/").content.decode()
    assert f'{asked:.2f} <span class="text-secondary">anomaly</span>' in page
    assert asked != pytest.approx(alert.score)
    case = signed_in(analyst).get(f"/cases/incidents/{alert.case_alert.incident.reference}/").content.decode()
    assert f"anomaly score {asked:.2f}" in case
