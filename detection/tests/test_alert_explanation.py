"""Why a score is what it is: kept with the alert, shown on its page, its case and by the API, the same again."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from detection import features
from detection.ml.explain import explainer, waterfall
from detection.ml.onnx.graph_metadata import medians
from detection.ml.registry.services import model_retire
from detection.models import Alert
from detection.pipeline import explanations
from detection.pipeline.assess import assess
from detection.pipeline.replay import replay
from detection.tasks import explain_batch
from detection.tests import scenarios
from finobs.core.errors import NotFound, Unavailable
from finobs.ledger.canonical import canonical
from finobs.ledger.models import Event
from tests import factories
from tests.support.clients import signed_in
from tests.support.escalation import escalated

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_queue(queue):
    queue.typologies = ["unusual_activity", "large_amount"]
    queue.save()
    return queue


def raised(source, actor, amounts=(90_000_000, 70_000_000)) -> list[Alert]:
    scenarios.champion(source, actor)
    rows = scenarios.transactions(source, [*scenarios.usual_amounts(60, seed=9), *amounts])
    assess(batch=rows[0].batch, transactions=rows)
    return list(Alert.objects.order_by("id"))


@pytest.fixture
def alerts(source, superuser, open_queue):
    return raised(source, superuser)


def total(kept) -> float:
    return float(kept["base"]) + sum(float(each["contribution"]) for each in kept["features"])


def test_every_alert_keeps_contributions_that_add_up_to_its_score(alerts):
    assert alerts
    for alert in alerts:
        kept = alert.explanation
        assert total(kept) == pytest.approx(alert.score, abs=1e-6)
        assert kept["score"] == repr(alert.score)
        assert (kept["model_version"], kept["sha256"]) == (alert.model_version_id, alert.model_version.sha256)
        looked_at = {each["name"]: each["observed"] for each in kept["features"]}
        assert looked_at.items() <= alert.snapshot["features"].items()
        for member in kept["members"]:
            own = float(member["base"]) + sum(float(each) for each in member["contributions"])
            assert own == pytest.approx(float(member["value"]), rel=1e-9, abs=1e-6)
        assert canonical(kept), "kept as canonical text"


def test_an_explanation_says_what_is_usual_and_why_in_words(alerts):
    kept = alerts[-1].explanation
    amount = next(each for each in kept["features"] if each["name"] == "amount")
    assert float(amount["contribution"]) > 0.05
    assert float(amount["expected"]) == pytest.approx(np.median(scenarios.usual_amounts(1_200)) / 100, rel=0.01)
    assert kept["reasons"][0].startswith("An amount of $7")
    assert "(usual: " in kept["reasons"][0]


def test_the_ledger_keeps_its_digest(alerts):
    from detection.pipeline import snapshot as snap

    event = Event.objects.filter(action="alert.raise").latest("pk")
    assert json.loads(bytes(event.body))["data"]["explanation_digest"] == snap.snapshot_digest(alerts[-1].explanation)


def test_an_alert_by_rules_alone_has_none_and_says_so(source, open_queue, analyst):
    factories.rule_version()
    rows = scenarios.transactions(source, [1_000_000])
    (result,) = assess(batch=rows[0].batch, transactions=rows)
    alert = Alert.objects.get(transaction_id=result.transaction_id)
    assert alert.explanation is None
    client = signed_in(analyst)
    answer = client.get(f"/api/v1/alerts/{alert.pk}/explanation")
    assert (answer.status_code, answer.json()["detail"]) == (404, explanations.NO_MODEL)
    assert "Why this score" not in client.get(f"/detection/alerts/{alert.pk}/").content.decode()


def test_the_page_draws_it_with_a_table_and_nothing_inline(alerts, analyst):
    alert = alerts[-1]
    client = signed_in(analyst)
    for path in (f"/detection/alerts/{alert.pk}/", f"/detection/alerts/{alert.pk}/explanation/"):
        page = client.get(path).content.decode()
        assert '<svg class="chart waterfall"' in page
        assert waterfall(alert.explanation).finding in page.replace("&#x27;", "'")
        assert "Amount" in page
        assert "style=" not in page.split("<figure")[1].split("</figure>")[0]
        assert "<script" not in page.split("<figure")[1].split("</figure>")[0]


def test_a_fragment_is_the_figure_alone(alerts, analyst):
    page = signed_in(analyst).get(f"/detection/alerts/{alerts[0].pk}/explanation/", headers={"HX-Request": "true"})
    assert page.content.decode().strip().startswith("<figure")


def test_the_case_page_offers_it_for_each_alert(alerts, analyst):
    alert = alerts[-1]
    (case,) = escalated(alerts=[alert])
    page = signed_in(analyst).get(f"/cases/{case.reference}/").content.decode()
    assert f'hx-get="/detection/alerts/{alert.pk}/explanation/"' in page


def test_the_api_answers_with_what_is_kept(alerts, analyst):
    alert = alerts[0]
    answer = signed_in(analyst).get(f"/api/v1/alerts/{alert.pk}/explanation").json()
    assert answer["features"] == alert.explanation["features"]
    assert answer["members"][0]["contributions"] == alert.explanation["members"][0]["contributions"]
    assert total(answer) == pytest.approx(float(answer["score"]), abs=1e-6)


def test_any_assessed_transaction_is_explained_on_demand(alerts, analyst):
    client = signed_in(analyst)
    quiet = scenarios.transactions(alerts[0].transaction.source, [2_500])
    assess(batch=quiet[0].batch, transactions=quiet)
    assert not Alert.objects.filter(transaction=quiet[0]).exists()
    answer = client.get(f"/api/v1/transactions/{quiet[0].pk}/explanation").json()
    assert total(answer) == pytest.approx(float(answer["score"]), abs=1e-6)
    page = client.get(f"/detection/transactions/{quiet[0].pk}/explanation/").content.decode()
    assert f"score {float(answer['score']):.4f}" in page
    link = f"/detection/transactions/{quiet[0].pk}/explanation/"
    assert link in client.get(f"/detection/transactions/{quiet[0].pk}/assessment/").content.decode()


def test_on_demand_and_kept_are_the_same(alerts, analyst):
    alert = alerts[-1]
    answer = signed_in(analyst).get(f"/api/v1/transactions/{alert.transaction_id}/explanation").json()
    assert answer["features"] == alert.explanation["features"]
    assert explanations.recompute(alert) == alert.explanation


@pytest.mark.parametrize("path", ["/api/v1/alerts/{0}/explanation", "/detection/alerts/{0}/explanation/"])
def test_who_does_not_see_the_alert_sees_no_explanation(alerts, path, stranger):
    other = factories.user("Olaf Other", role="analyst")
    factories.grant(other, "work", factories.queue())
    where = path.format(alerts[0].pk)
    assert signed_in(other).get(where).status_code == 404
    assert signed_in(stranger).get(where).status_code == 403


@pytest.mark.parametrize("path", ["/api/v1/transactions/{0}/explanation", "/detection/transactions/{0}/explanation/"])
def test_who_may_not_read_explanations_is_refused_them(alerts, path, open_queue):
    viewer = factories.user("Vic Viewer", role="viewer")
    factories.grant(viewer, "view", open_queue)
    client = signed_in(viewer)
    where = path.format(alerts[0].transaction_id)
    assert client.get(where).status_code == 403
    assert where not in client.get(f"/detection/transactions/{alerts[0].transaction_id}/assessment/").content.decode()
    assert signed_in(factories.user("Ana Other", role="analyst")).get(path.format(999_999)).status_code == 404


def test_replay_shows_that_it_is_the_same_again(alerts, superuser):
    scenarios.approved_step(model_retire, superuser, alerts[0].model_version)
    assert [replay(alert).differences for alert in alerts] == [[]] * len(alerts)


def test_replay_shows_a_changed_contribution(alerts):
    alert = alerts[0]
    alert.explanation["features"][0]["contribution"] = "0.900000000"
    assert replay(alert).differences == ["Explanation: its features came out otherwise."]


def test_other_words_are_no_difference(alerts):
    alert = alerts[0]
    alert.explanation["reasons"] = ["Said otherwise by another version."]
    assert replay(alert).same


def test_a_large_batch_waits_for_the_first_only(
    source, superuser, open_queue, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(explanations, "MAX_INLINE", 1)
    with django_capture_on_commit_callbacks() as later:
        alerts = raised(source, superuser, amounts=[90_000_000, 70_000_000, 80_000_000])
    assert [alert.score for alert in alerts if alert.explanation] == [max(alert.score or 0 for alert in alerts)]
    assert later
    batch = alerts[0].transaction.batch_id
    assert explain_batch(batch) == len(alerts) - 1
    assert explain_batch(batch) == 0
    for alert in Alert.objects.all():
        assert total(alert.explanation) == pytest.approx(alert.score, abs=1e-6)


def test_a_missing_explanation_is_made_when_somebody_looks(alerts, analyst):
    alert = alerts[0]
    Alert.objects.filter(pk=alert.pk).update(explanation=None)
    answer = signed_in(analyst).get(f"/api/v1/alerts/{alert.pk}/explanation").json()
    assert answer["features"] == alert.explanation["features"]


def test_a_decision_does_not_fail_by_its_explanation(source, superuser, open_queue, monkeypatch, caplog):
    def broken(_version):
        raise Unavailable("it cannot")

    monkeypatch.setattr(explanations, "explainer", broken)
    alerts = raised(source, superuser)
    assert alerts
    assert {alert.explanation for alert in alerts} == {None}
    assert "without its explanation" in caplog.text


def test_a_score_that_later_history_changed_is_not_explained_as_if_it_had_not(alerts):
    quiet = scenarios.transactions(alerts[0].transaction.source, [2_500])
    assess(batch=quiet[0].batch, transactions=quiet)
    quiet[0].assessment.score = 0.123456
    with pytest.raises(Unavailable, match="changed its history"):
        explanations.of_assessment(quiet[0].assessment, None)


def test_an_artefact_that_is_no_forest_is_unavailable():
    version = factories.model_version()
    with pytest.raises(Unavailable, match="cannot be explained"):
        explainer(version)


def test_no_model_no_explanation(source, gathered):
    factories.rule_version()
    rows = scenarios.transactions(source, [100])
    assess(batch=rows[0].batch, transactions=rows)
    with pytest.raises(NotFound):
        explanations.of_assessment(rows[0].assessment, None)


CODE = """
import django, sys
django.setup()
import detection.urls, detection.api_urls, detection.ml.explain, detection.pipeline.explanations, detection.templatetags.explanations
from detection.ml.explain import waterfall
waterfall({"role": "anomaly", "model": "A 1", "base": "0.4", "score": "0.5", "members": [], "features": [
    {"name": "log_amount", "observed": "3", "expected": "2", "contribution": "0.1"}]})
print(",".join(name for name in ("numpy", "onnx", "onnxruntime", "shap", "sklearn") if name in sys.modules))
"""


def test_showing_what_is_kept_loads_no_heavy_library():
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60,
        env={"DJANGO_SETTINGS_MODULE": "finobs.settings.test", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.stdout.strip() == ""


def test_explaining_uses_neither_shap_nor_scikit_learn(alerts, monkeypatch):
    from detection.ml.explain import explainer as module

    sys.modules[module.__module__]._explainer.cache_clear()
    for name in ("shap", "sklearn", "pickle"):
        monkeypatch.setitem(sys.modules, name, None)
    assert explanations.recompute(alerts[0]) == alerts[0].explanation


def test_a_score_that_the_parts_do_not_make_is_not_explained(alerts):
    alert = alerts[-1]
    names = features.ACCOUNT.names
    (vector,) = features.from_text(names, alert.snapshot["features"])
    with pytest.raises(Unavailable, match="the parts make a score of"):
        explainer(alert.model_version).explain(vector, alert.score + 0.01)


def test_an_ensemble_is_explained_by_both_members(alerts):
    kept = alerts[-1].explanation
    assert [member["name"] for member in kept["members"]] == ["isolation_forest", "pca"]
    drawn = waterfall(kept)
    assert [member.is_rebuilt for member in drawn.members] == [False, True]
    assert all(len(cells) == 4 for cells in drawn.members[1].rows)
    errors = sum(float(each) for each in kept["members"][1]["feature_errors"])
    assert errors == pytest.approx(float(kept["members"][1]["value"]), rel=1e-6)


def test_the_words_above_every_bar_end_within_the_picture(alerts):
    for alert in alerts:
        drawn = waterfall(alert.explanation)
        assert drawn.bars
        for bar in drawn.bars:
            assert 0 <= bar.x <= bar.x + bar.width <= drawn.width
            assert 0 <= bar.text_x <= drawn.width - 5 * len(f"{bar.label} {bar.text}")


def test_what_is_usual_is_the_median_of_the_known():
    matrix = np.array([[1, np.nan], [2, np.nan], [9, np.nan]], dtype=np.float32)
    assert medians(matrix, ("a", "b")) == {"a": "2.0"}
