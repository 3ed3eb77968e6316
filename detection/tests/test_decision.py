"""From findings and votes to a decision: severity, order, words, and what only a rule or only a model can do."""

from __future__ import annotations

from typing import Any

import pytest

from detection.choices import ModelRole, Outcome, Typology
from detection.pipeline.decision import (
    ActiveRule,
    Decision,
    ModelVote,
    decide,
    findings_by_row,
    with_late_arrivals,
)
from detection.rules.scenarios import Finding

REVIEW, BLOCK, APPROVE = Outcome.REVIEW, Outcome.BLOCK, Outcome.APPROVE


def rule(slug: str = "large", version: int = 1, typology: str = Typology.LARGE_AMOUNT) -> ActiveRule:
    return ActiveRule(version, slug, 1, "amount", typology, {})


def finding(severity: Outcome, words: str = "") -> Finding:
    return Finding(severity, words or f"{severity} it.")


def vote(
    score: float, threshold: float = 0.5, role: str = ModelRole.SUPERVISED, label: str = "supervised 3"
) -> ModelVote:
    return ModelVote(role, label, score, threshold)


def test_nothing_that_fired_and_nobody_who_asks_is_an_approval() -> None:
    decision = decide([])
    assert decision == Decision(APPROVE, Typology.UNUSUAL, [], None, [], None)


@pytest.mark.parametrize("severity", [REVIEW, BLOCK])
def test_a_rule_decides_by_itself(severity: Outcome) -> None:
    decision = decide([(rule(), finding(severity))])
    assert (decision.outcome, decision.typology, decision.score) == (severity, Typology.LARGE_AMOUNT, None)
    assert list(decision.reasons) == [f"{severity} it."]


def test_the_most_severe_rule_comes_first_and_names_the_typology() -> None:
    mild, hard = (rule("a", 9), finding(REVIEW)), (rule("z", 1, Typology.ROUND_AMOUNTS), finding(BLOCK))
    for fired in ([mild, hard], [hard, mild]):
        decision = decide(fired)
        assert (decision.outcome, decision.typology, list(decision.fired)) == (
            BLOCK,
            Typology.ROUND_AMOUNTS,
            [hard, mild],
        )
        assert list(decision.reasons) == ["block it.", "review it."]


def test_rules_of_one_severity_are_in_the_order_of_their_names_and_versions() -> None:
    fired = [(rule("b", 1), finding(REVIEW)), (rule("a", 7), finding(REVIEW)), (rule("a", 3), finding(REVIEW))]
    assert [(each.slug, each.version_id) for each, _ in decide(fired).fired] == [("a", 3), ("a", 7), ("b", 1)]


@pytest.mark.parametrize(("score", "outcome"), [(0.4999999, APPROVE), (0.5, REVIEW), (1.0, REVIEW)])
def test_a_model_asks_from_its_threshold_on(score: float, outcome: Outcome) -> None:
    decision = decide([], [vote(score)])
    assert (decision.outcome, decision.score, decision.typology) == (outcome, score, Typology.UNUSUAL)
    assert vote(score).is_flagged is (outcome == REVIEW)
    assert len(decision.reasons) == (outcome == REVIEW)


def test_a_model_raises_an_approval_and_lowers_nothing() -> None:
    for severity in (REVIEW, BLOCK):
        for score in (0.0, 0.9):
            assert decide([(rule(), finding(severity))], [vote(score)]).outcome == severity


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (ModelRole.SUPERVISED, "Similar to confirmed cases: score 0.91, threshold 0.50 (m 1)."),
        (ModelRole.ANOMALY, "Unusual for its account and others: score 0.91, threshold 0.50 (m 1)."),
    ],
)
def test_a_vote_says_why_in_the_words_of_its_role(role: str, words: str) -> None:
    assert vote(0.9123456, role=role, label="m 1").reason == words


def test_the_score_is_the_first_votes_even_when_only_the_second_asks() -> None:
    decision = decide([], [vote(0.1), vote(0.8, role=ModelRole.ANOMALY)])
    assert (decision.outcome, decision.score) == (REVIEW, 0.1)
    assert [reason.split(":")[0] for reason in decision.reasons] == ["Unusual for its account and others"]


def test_reasons_are_told_rules_first_then_models_then_what_stands_out() -> None:
    decision = decide([(rule(), finding(REVIEW, "Rule."))], [vote(0.1), vote(0.9)], ["Out of the ordinary."])
    assert [reason[:8] for reason in decision.reasons] == ["Rule.", "Similar ", "Out of t"]


def test_what_came_in_at_the_same_time_is_not_called_late() -> None:
    late = {"count": 1, "external_id": "T-1", "occurred_at": "2026-03-02T12:00:00Z", "of": "account", "at_once": True}
    *_, reason = with_late_arrivals(decide([(rule(), finding(BLOCK))], [], []), late).reasons
    assert (
        reason
        == "A payment that came in at the same time (T-1, of 2026-03-02 12:00 UTC) changed this account's history."
    )


@pytest.mark.parametrize(
    ("count", "of", "words"),
    [
        (1, "account", "A payment that came in late (T-1, of 2026-03-02 12:00 UTC) changed this account's history."),
        (2, "counterparty",
         "2 payments that came in late (the first: T-1, of 2026-03-02 12:00 UTC) changed this counterparty's history."),
        (1_234, "account",
         "1,234 payments that came in late (the first: T-1, of 2026-03-02 12:00 UTC) changed this account's history."),
    ],
)  # fmt: skip
def test_what_came_in_late_is_told_last(count: int, of: str, words: str) -> None:
    late: dict[str, Any] = {"count": count, "external_id": "T-1", "occurred_at": "2026-03-02T12:00:00Z", "of": of}
    before = decide([(rule(), finding(BLOCK))], [vote(0.9)])
    after = with_late_arrivals(before, late)
    assert list(after.reasons) == [*before.reasons, words]
    assert (after.late, before.late) == (late, None)
    assert (after.outcome, after.typology, after.score, after.fired) == (
        before.outcome, before.typology, before.score, before.fired,
    )  # fmt: skip


def test_findings_are_gathered_by_the_row_they_were_made_on() -> None:
    first, second = rule("a"), rule("b")
    one, two, three = finding(REVIEW), finding(BLOCK), finding(REVIEW, "Other.")
    assert findings_by_row([(first, {0: one, 5: two}), (second, {5: three}), (rule("c"), {})]) == {
        0: [(first, one)], 5: [(first, two), (second, three)],
    }  # fmt: skip
