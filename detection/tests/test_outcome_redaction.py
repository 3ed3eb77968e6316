"""What people concluded of others is told by reasons and explanations to those only who may see it."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from detection import features
from detection.choices import ModelRole
from detection.features import account, definition, online
from detection.ml.explain import feature_labels
from detection.ml.explain.outcome_phrases import tells_of_outcomes
from detection.ml.explain.reason_templates import REASON_TEMPLATES, TransactionContext
from detection.ml.explain.redaction import (
    WITHHELD_LABEL,
    WITHHELD_REASON,
    redact_explanation,
    redact_snapshot,
)
from detection.ml.explain.waterfall import waterfall
from detection.models import Alert
from detection.pipeline.decision import ModelVote
from detection.tests import scenarios
from finobs.accounts.models import OrgUnitGroupGrant, User
from finobs.ledger.models import Event
from finobs.settings.env import BASE_DIR
from tests import factories
from tests.support.clients import signed_in
from tests.support.escalation import escalated

CONTEXT = TransactionContext("$12.50", "USD", is_incoming=False, has_counterparty=True, country="DE")
SENTENCE = "7 transactions with this counterparty were confirmed suspicious in the last 7 days."
# In the place of every value that rests on outcomes, as numbers and as people read them.
SECRET, WRITTEN = "77777", re.compile(r"77777|77,777|7777700")


# --- what rests on outcomes


@pytest.mark.parametrize("feature_set", features.FEATURE_SETS.values(), ids=lambda each: each.name)
def test_exactly_the_features_that_outcomes_change_are_declared(feature_set):
    import numpy as np

    def built(confirmed: int) -> Any:
        history = {
            name: np.array([confirmed if name in feature_set.outcomes else 9], dtype=np.int64)
            for name in feature_set.statistics
        }
        one = np.array([1_250], dtype=np.int64)
        return account.derive(one, one * 0 + 100, one * 10**12, one > 0, history)[0]

    assert feature_set is features.ACCOUNT, "say here how the new set is built"
    changed = {name for name, a, b in zip(feature_set.names, built(0), built(3), strict=True) if a != b}
    assert changed == feature_set.outcomes & set(feature_set.names)
    assert feature_set.outcomes <= {*feature_set.names, *feature_set.statistics}


@pytest.mark.django_db
def test_exactly_the_statistics_that_are_counted_from_confirmations_are_declared():
    counted = online.confirmed_counts(factories.transaction(), [])
    assert set(counted) == features.ACCOUNT.outcomes & set(definition.STATISTICS)


def sentences() -> list[tuple[str, str]]:
    """(feature, sentence) of every way in which a feature is told."""
    told = [
        (each.name, each.sentence(value, CONTEXT, "above 99% of those the model learned from", lambda _: 50.0))
        for each in REASON_TEMPLATES
        for value in (1.0, 7.0, 0.5)
    ]
    for name in features.ACCOUNT.names:
        for observed in ("0.5", "1.0", "7.0"):
            line = {"name": name, "observed": observed, "expected": None, "contribution": "0.5"}
            told += [(name, sentence) for sentence in feature_labels.reasons([line], "USD")]
    return [pair for pair in told if pair[1]]


def test_every_feature_is_told_and_by_its_words_it_is_known_whether_it_rests_on_outcomes():
    assert {name for name, _ in sentences()} == set(features.ACCOUNT.names)
    for name, sentence in sentences():
        assert tells_of_outcomes(sentence) == (name in features.ACCOUNT.outcomes), sentence


def test_a_vote_rests_on_outcomes_if_its_model_learned_from_them():
    for role in ModelRole:
        vote = ModelVote(role.value, "model 1", 0.9, 0.5)
        assert tells_of_outcomes(vote.reason) == (role == ModelRole.SUPERVISED)


# --- what is left


def explanation() -> dict[str, Any]:
    lines: list[dict[str, Any]] = [
        {"name": name, "observed": SECRET if name in features.ACCOUNT.outcomes else "1.0", "expected": None,
         "contribution": f"{(index % 7 - 3) / 100:.9f}"}
        for index, name in enumerate(features.ACCOUNT.names)
    ]  # fmt: skip
    contributions = [line["contribution"] for line in lines]
    total = sum(map(float, contributions))
    score = {
        "role": "anomaly", "model": "model 1", "model_version": 1, "sha256": "0" * 64, "feature_set": "account-1",
        "base": "0.300000000", "score": repr(0.3 + total), "features": lines, "reasons": [SENTENCE, "It was at night."],
        "members": [
            {"name": "pca", "unit": "reconstruction error", "base": "0.0", "value": f"{total:.9f}",
             "contributions": contributions, "reconstructed": [line["observed"] for line in lines],
             "feature_errors": contributions}
        ],
    }  # fmt: skip
    return score | {"currency": "USD", "beside": [score]}


def test_what_is_withheld_is_said_and_everything_still_adds_up():
    redacted = redact_explanation(explanation())
    for each in (redacted, *redacted["beside"]):
        assert not WRITTEN.search(repr(each))
        assert each["reasons"] == [WITHHELD_REASON, "It was at night."]
        rest = float(each["withheld"]["contribution"])
        assert float(each["base"]) + sum(float(line["contribution"]) for line in each["features"]) + rest == (
            pytest.approx(float(each["score"]), abs=1e-8)
        )
        assert each["withheld"]["features"] == sorted(features.ACCOUNT.outcomes & set(features.ACCOUNT.names))
        (member,) = each["members"]
        assert {len(member[name]) for name in ("contributions", "reconstructed", "feature_errors")} == {
            len(each["features"])
        }
        own = sum(map(float, member["contributions"])) + float(member["withheld_contribution"])
        assert own == pytest.approx(float(member["value"]), abs=1e-8)
    drawn = waterfall(redacted)
    assert WITHHELD_LABEL in [line.label for line in drawn.lines]
    assert all(a.end_y == b.y or b.y > a.y for a, b in pairwise(drawn.bars))
    assert WITHHELD_LABEL in [row[0] for row in drawn.members[0].rows]


def test_a_set_that_this_version_does_not_know_is_withheld_whole():
    unknown = explanation() | {"feature_set": "account-0", "beside": []}
    redacted = redact_explanation(unknown)
    assert redacted["features"] == []
    assert not WRITTEN.search(repr(redacted))


def test_what_rests_on_no_outcomes_is_left_as_it_is():
    plain = explanation()
    lines = [line for line in plain["features"] if line["name"] not in features.ACCOUNT.outcomes]
    plain |= {"features": lines, "members": [], "reasons": ["It was at night."], "beside": []}
    assert redact_explanation(plain) == plain
    assert redact_snapshot({"feature_set": None, "features": {}}) == {"feature_set": None, "features": {}}


# --- who is shown what


@pytest.fixture
def alert(queue) -> Alert:
    """Of an account in a branch of the entity that the source is in, with a secret in every place where one can be."""
    OrgUnitGroupGrant.objects.all().delete()
    entity = factories.unit("entity")
    branch = factories.unit("branch", parent=entity)
    queue.unit, queue.typologies = entity, ["large_amount"]
    queue.save()
    owner = factories.account(of=factories.source("cards", unit=entity))
    type(owner).objects.filter(pk=owner.pk).update(unit=branch)
    owner.refresh_from_db()
    made = scenarios.alert_of_two_models(owner)
    escalated(alerts=[made])
    kept: Any = made.explanation
    for each in (kept, *kept["beside"]):
        for line in each["features"]:
            if line["name"] in features.ACCOUNT.outcomes:
                line["observed"] = SECRET
        each["reasons"] = [SENTENCE]
    for place in ("features", "history"):
        for name in made.snapshot[place]:
            if name in features.ACCOUNT.outcomes:
                made.snapshot[place][name] = SECRET
    made.reasons = [*made.reasons, SENTENCE]
    made.save()
    escalated(alerts=[made])
    return Alert.objects.get(pk=made.pk)


def person(name: str, role: str, **grants: Any) -> User:
    made = factories.user(name, role=role, is_staff=role == "admin")
    for grant, obj in grants.items():
        factories.grant(made, grant, obj)
    return made


@pytest.fixture
def readers(alert, queue) -> dict[str, User]:
    """Both see the alert, its account and its case; one of them the data of all of the source, the other the branch's."""
    units = {"cleared": alert.transaction.source.unit, "uncleared": alert.account.unit}
    people = {}
    for name, unit in units.items():
        for role in ("analyst", "admin"):
            made = person(f"{name} {role}", role, read_data=unit, work=queue)
            people[f"{name} {role}"] = made
    return people


PAGES = {
    "detection:alert-list": lambda _: [],
    "detection:alert-detail": lambda alert: [alert.pk],
    "detection:alert-explanation": lambda alert: [alert.pk],
    "detection:alert-replay": lambda alert: [alert.pk],
    "detection:transaction-assessment": lambda alert: [alert.transaction_id],
    "detection:transaction-explanation": lambda alert: [alert.transaction_id],
    "cases:case-detail": lambda alert: [alert.case_alert.case.reference],
    "cases:incident-detail": lambda alert: [alert.case_alert.incident.reference],
    "detection_api:alert-list": lambda _: [],
    "detection_api:alert-detail": lambda alert: [alert.pk],
    "detection_api:alert-replay": lambda alert: [alert.pk],
    "detection_api:alert-explanation": lambda alert: [alert.pk],
    "detection_api:transaction-explanation": lambda alert: [alert.transaction_id],
    "admin:detection_alert_change": lambda alert: [alert.pk],
}


def answer(reader: User, name: str, alert: Alert) -> str:
    client = Client()
    client.force_login(reader, backend="finobs.accounts.backends.RolePermissionBackend")
    response = client.get(reverse(name, args=PAGES[name](alert)))
    assert response.status_code == 200, (name, response.status_code)
    return str(response.content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_each_presentation_tells_who_is_cleared_and_says_to_others_that_something_is_withheld(name, alert, readers):
    role = "admin" if name.startswith("admin") else "analyst"
    digest = alert.snapshot_digest
    cleared = answer(readers[f"cleared {role}"], name, alert)
    uncleared = answer(readers[f"uncleared {role}"], name, alert)
    is_list = name.endswith("list") and "api" not in name
    assert is_list or tells_of_outcomes(cleared)
    assert "withheld" not in cleared.lower()
    assert "confirmed before" not in uncleared
    assert SENTENCE not in uncleared
    assert not WRITTEN.search(uncleared)
    assert digest not in uncleared
    assert is_list or "withheld" in uncleared.lower()


@pytest.mark.django_db
def test_the_list_of_alerts_withholds_a_first_reason_too(alert, readers):
    alert.reasons = [SENTENCE]
    alert.save()
    assert SENTENCE in answer(readers["cleared analyst"], "detection:alert-list", alert)
    assert WITHHELD_REASON in answer(readers["uncleared analyst"], "detection:alert-list", alert)


@pytest.mark.django_db
def test_a_decision_tells_a_feed_no_outcomes_of_others(alert):
    unit = alert.transaction.source.unit
    feed = person("feed", "feed", feed=unit)
    cleared = person("cleared feed", "admin", feed=unit, read_data=unit)
    address = reverse("detection_api:decision-detail", args=[alert.transaction_id])
    told, withheld = (signed_in(each).get(address).json() for each in (cleared, feed))
    assert SENTENCE in told["reasons"]
    assert SENTENCE not in withheld["reasons"]
    assert WITHHELD_REASON in withheld["reasons"]
    assert len(told["reasons"]) == len(withheld["reasons"])
    assert withheld["rules"] == told["rules"]


@pytest.mark.django_db
def test_a_token_that_only_feeds_is_told_as_little_with_the_decision_itself(alert, monkeypatch):
    from detection.decisions import selectors

    unit = alert.transaction.source.unit
    sent = {
        7: {"source": "cards", "reasons": [SENTENCE], "rules": []},
        8: {"source": "cards", "reasons": [], "rules": []},
    }
    feed, cleared = person("feed", "feed", feed=unit), person("reader", "admin", feed=unit, read_data=unit)
    assert selectors.for_reader(feed, sent)[7]["reasons"] == [WITHHELD_REASON]
    assert selectors.for_reader(cleared, sent) == sent
    cleared.token_scopes = frozenset({"transaction:create"})
    assert selectors.for_reader(cleared, sent)[7]["reasons"] == [WITHHELD_REASON]


@pytest.mark.django_db
def test_the_alert_and_the_ledger_stay_whole(alert, readers):
    answer(readers["uncleared analyst"], "detection:alert-detail", alert)
    answer(readers["uncleared admin"], "admin:detection_alert_change", alert)
    before = alert.reasons, alert.snapshot, alert.explanation, alert.snapshot_digest
    alert.refresh_from_db()
    assert (alert.reasons, alert.snapshot, alert.explanation, alert.snapshot_digest) == before
    event = Event.objects.get(action="alert.raise", subject_id=str(alert.pk))
    assert "withheld" not in bytes(event.body).decode()


def test_no_template_reads_the_reasons_of_an_alert_itself():
    raw = re.compile(r"\b(?:alert|row|most_severe)\.reasons\b")
    paths = [path for path in Path(BASE_DIR, "templates").rglob("*.html") if raw.search(path.read_text())]
    assert paths == []


def test_a_reason_that_was_written_before_its_words_changed_still_tells_of_outcomes() -> None:
    assert tells_of_outcomes("It resembles what people confirmed before: score 0.912346, at or above 0.5 (m 1).")
    assert tells_of_outcomes("Similar to confirmed cases: score 0.91, threshold 0.50 (m 1).")
    assert not tells_of_outcomes("Unusual for its account and others: score 0.91, threshold 0.50 (m 1).")
