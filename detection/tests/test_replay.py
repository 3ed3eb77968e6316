"""The same versions on the same snapshot raise the same alert (REG-29)."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from detection.ml.registry.services import model_retire
from detection.models import Alert, RuleVersion
from detection.pipeline.assess import assess
from detection.pipeline.replay import replay
from detection.rules.services import ensure_default_rules, rule_change
from detection.tests import scenarios
from finobs.ledger.canonical import canonical

pytestmark = pytest.mark.django_db


@pytest.fixture
def alerts(source, gathered, superuser):
    scenarios.champion(source, superuser)
    ensure_default_rules(actor=superuser)
    rows = scenarios.transactions(source, [*scenarios.usual_amounts(500, seed=9), 1_000_000, 7_000_000, 90_000_000])
    assess(batch=rows[0].batch, transactions=rows)
    return list(Alert.objects.order_by("id"))


def test_every_alert_comes_out_the_same(alerts):
    kinds = {(alert.rule_version_id is not None, alert.outcome) for alert in alerts}
    assert kinds >= {(False, "review"), (True, "review"), (True, "block")}
    assert [replay(alert).differences for alert in alerts] == [[]] * len(alerts)


def test_a_replay_stays_the_same_after_the_world_has_moved_on(alerts, superuser):
    alert = alerts[-1]
    rule = alert.rule_version.rule
    scenarios.approved_step(model_retire, superuser, alert.model_version)
    limits = {"currency": "USD", "review_at": "1", "block_at": "2"}
    rule_change(actor=superuser, rule=rule, parameters=limits, reason="Other limits")
    assert replay(alert).same


def test_snapshots_and_parameters_are_canonical(alerts):
    for alert in alerts:
        assert canonical(alert.snapshot)
        assert canonical(alert.parameters)


def test_a_changed_snapshot_shows(alerts):
    alert = alerts[-1]
    alert.snapshot["transaction"]["amount_minor"] = "5"
    found = replay(alert)
    assert not found.same
    assert any("digest differs" in text for text in found.differences)
    assert any(text.startswith("Outcome") for text in found.differences)


def test_a_changed_feature_shows(alerts):
    alert = alerts[0]
    alert.snapshot["features"]["log_amount"] = "1.5"
    assert any("features" in text for text in replay(alert).differences)


def test_a_changed_version_shows(alerts):
    alert = alerts[-1]
    RuleVersion.objects.filter(pk=alert.rule_version_id).update(parameters={"currency": "EUR", "review_at": "1"})
    assert any("is not what it was" in text for text in replay(alert).differences)


def test_a_changed_alert_shows(alerts):
    alert = alerts[-1]
    alert.outcome = "review"
    assert replay(alert).differences == ["Outcome: block, not review."]


def test_the_command_says_so_and_fails_otherwise(alerts, capsys):
    call_command("replay_alert", str(alerts[0].pk))
    assert json.loads(capsys.readouterr().out)["same"] is True
    Alert.objects.filter(pk=alerts[0].pk).update(score=0.1)
    with pytest.raises(SystemExit):
        call_command("replay_alert", str(alerts[0].pk))


def test_a_snapshot_that_cannot_be_read_shows_and_does_not_fail(alerts):
    alert = alerts[0]
    alert.snapshot, alert.parameters = {}, {}
    again = replay(alert)
    assert not again.same
    assert any("cannot be read" in text for text in again.differences)
