"""Running an alert's versions on its snapshot again (REG-29)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finobs.core import money
from finobs.core.errors import FinobsError
from transactions.choices import Direction

from .. import features
from ..features import columns as cols
from ..ml import scoring
from ..ml.explain import reason_codes
from ..ml.explain.reason_templates import TransactionContext
from ..models import Alert, ModelVersion, RuleVersion
from ..rules import scenarios
from ..rules.scenarios import Finding
from . import explanations
from . import snapshot as snap
from .decision import ActiveRule, Decision, ModelVote, decide, with_late_arrivals


@dataclass(frozen=True, slots=True)
class Replay:
    """Whether the same versions on the same input raise the same alert; if not, what differs.

    why_not: why it cannot be tried at all; empty where it was.
    """

    same: bool
    differences: list[str]
    outcome: str
    score: float | None
    reason_codes: list[str]
    why_not: str = ""


def replay(alert: Alert) -> Replay:
    """Decide the snapshot again with the rule versions and the model version that the alert names. Writes nothing."""
    if alert.is_external:
        external = alert.external
        why_not = (
            f"{external.system} raised this alert, by its scenario {external.scenario_name}. It cannot be replayed "
            f"here: only {external.system} has the scenario and what that looked at."
        )
        return Replay(False, [], "", None, [], why_not)
    differences: list[str] = []
    if snap.snapshot_digest(alert.snapshot) != alert.snapshot_digest:
        differences.append("The snapshot is not the one that was kept: its digest differs.")
    try:
        decision = _decide(alert, differences)
    except (KeyError, TypeError, ValueError):
        return Replay(False, [*differences, "What was kept of this alert cannot be read any more."], "", None, [])
    again = Alert(
        outcome=decision.outcome, typology=decision.typology, score=decision.score, reasons=list(decision.reasons),
        rule_version_id=next(iter(snap.fired_ids(decision)), None),
    )  # fmt: skip
    differences += [
        f"{name.replace('_', ' ').capitalize()}: {getattr(again, name)}, not {getattr(alert, name)}."
        for name in ("outcome", "typology", "score", "reasons", "rule_version_id")
        if getattr(again, name) != getattr(alert, name)
    ]
    differences += _explanation(alert)
    return Replay(not differences, differences, decision.outcome.value, decision.score, list(decision.reasons))


def _decide(alert: Alert, differences: list[str]) -> Decision:
    columns = cols.of_snapshot(alert.snapshot)
    fired: list[tuple[ActiveRule, Finding]] = []
    for entry in alert.parameters["rules"]:
        rule = _rule(entry, differences)
        findings = scenarios.evaluate(rule.kind, columns, rule.parameters)
        fired += [(rule, findings[0])] if 0 in findings else []
    votes = []
    for entry in alert.parameters["models"]:
        try:
            votes.append(_vote(alert, entry, columns, differences))
        except FinobsError as error:
            differences.append(error.detail)
    decision, late = decide(fired, votes, _plain(alert)), alert.parameters.get("late")
    return with_late_arrivals(decision, late) if late else decision


def _plain(alert: Alert) -> list[str]:
    """What stands out of the transaction."""
    models = alert.parameters["models"]
    return reasons_of_snapshot(ModelVersion.objects.get(pk=models[0]["version"]), alert.snapshot) if models else []


def _explanation(alert: Alert) -> list[str]:
    """What differs between the kept explanation and the one that the same versions give now. Words may change."""
    if alert.explanation is None:
        return []
    try:
        now = explanations.recompute(alert)
    except FinobsError as error:
        return [error.detail]
    before = dict(alert.explanation)
    return [
        f"Explanation: its {name.replace('_', ' ')} came out otherwise."
        for name in sorted({*now, *before} - {"reasons"})
        if now.get(name) != before.get(name)
    ]


def _rule(entry: dict[str, Any], differences: list[str]) -> ActiveRule:
    version = RuleVersion.objects.filter(pk=entry["version"]).first()
    if version is None or version.parameters != entry["parameters"]:
        differences.append(f"Version {entry['number']} of rule {entry['rule']} is not what it was.")
    return ActiveRule(
        entry["version"], entry["rule"], entry["number"], entry["kind"], entry["typology"], entry["parameters"]
    )


def _vote(alert: Alert, entry: dict[str, Any], columns: cols.Columns, differences: list[str]) -> ModelVote:
    """What the kept model makes of the kept vector; the features of the kept transaction must give that vector."""
    version = ModelVersion.objects.get(pk=entry["version"])
    if (version.sha256, repr(version.threshold)) != (entry["sha256"], entry["threshold"]):
        differences.append(f"{entry['model']} is not what it was.")
    feature_set, vector = features.get(version.feature_set), snap.features_of(alert.snapshot, version.feature_set)
    if features.as_text(feature_set.names, feature_set.build(columns)[0]) != vector:
        differences.append("The features of this transaction are not what they were.")
    # A session of its own: what the process keeps open is for what is in force.
    session = scoring.open_session(scoring.verified_artefact(bytes(version.artefact), version.sha256))
    (score,) = scoring.score_matrix(session, features.from_text(feature_set.names, vector))
    if repr(score) != entry["score"]:
        differences.append(f"{entry['model']} gives a score of {score:.6f}, not {entry['score']}.")
    return ModelVote(entry["role"], entry["model"], score, float(entry["threshold"]))


def reasons_of_snapshot(version: ModelVersion, snapshot: Mapping[str, Any]) -> list[str]:
    """The sentences that `reason_codes` tells of a transaction, from what an alert keeps of it."""
    row = snapshot["transaction"]
    context = TransactionContext(
        money.display(int(row["amount_minor"]), row["currency"]), row["currency"], row["direction"] == Direction.IN,
        row["counterparty"] is not None, row["country"],
    )  # fmt: skip
    texts = snap.features_of(snapshot, version.feature_set)
    (vector,) = features.from_text(features.get(version.feature_set).names, texts)
    return reason_codes.of_vector(version, vector, context)
