"""From findings and a score to an outcome. Pure: the same input gives the same decision, alone or in any batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..choices import SEVERITY, ModelRole, Outcome, Typology
from ..ml.explain.outcome_phrases import RESEMBLANCE
from ..models import ModelVersion
from ..rules.scenarios import Finding, Findings


@dataclass(frozen=True, slots=True)
class ActiveRule:
    """A rule version in force, as far as deciding needs it."""

    version_id: int
    slug: str
    number: int
    kind: str
    typology: str
    parameters: Mapping[str, object]


def is_flagged(score: float, threshold: float) -> bool:
    """Whether a score asks for review: the one place where a score is compared with the threshold of its model."""
    return score >= threshold


@dataclass(frozen=True, slots=True)
class ModelVote:
    """What a model in force makes of one transaction."""

    role: str
    label: str
    score: float
    threshold: float

    @classmethod
    def of(cls, version: ModelVersion, score: float) -> ModelVote:
        return cls(version.role, str(version), score, version.threshold)

    @property
    def is_flagged(self) -> bool:
        """Whether the model asks for review."""
        return is_flagged(self.score, self.threshold)

    @property
    def reason(self) -> str:
        likeness = RESEMBLANCE if self.role == ModelRole.SUPERVISED else "Unusual for its account and others"
        return f"{likeness}: score {self.score:.2f}, threshold {self.threshold:.2f} ({self.label})."


@dataclass(frozen=True, slots=True)
class Decision:
    """`fired` are the rules that fired with what they found, the most severe first; `score` is the one shown."""

    outcome: Outcome
    typology: str
    fired: Sequence[tuple[ActiveRule, Finding]] = ()
    score: float | None = None
    reasons: Sequence[str] = field(default_factory=list)
    late: Mapping[str, Any] | None = None  # what came in late, where it was looked at again for that


def decide(
    fired: Sequence[tuple[ActiveRule, Finding]], votes: Sequence[ModelVote] = (), plain: Sequence[str] = ()
) -> Decision:
    """Rules set the floor; a model can only raise approve to review, never lower anything.

    The score shown is the first vote's. `plain`: what stands out of the transaction, told after why it was decided.
    """
    ordered = sorted(fired, key=lambda each: (-SEVERITY[each[1].severity], each[0].slug, each[0].version_id))
    outcome = ordered[0][1].severity if ordered else Outcome.APPROVE
    reasons = [finding.reason for _, finding in ordered]
    model_reasons = [vote.reason for vote in votes if vote.is_flagged]
    if model_reasons:
        outcome = max(outcome, Outcome.REVIEW, key=SEVERITY.__getitem__)
    typology = ordered[0][0].typology if ordered else str(Typology.UNUSUAL)
    score = votes[0].score if votes else None
    return Decision(outcome, typology, ordered, score, [*reasons, *model_reasons, *plain])


def with_late_arrivals(decision: Decision, late: Mapping[str, Any]) -> Decision:
    """The same decision, because of what came in late: `count`, and of the first of them `external_id`, `occurred_at`
    and whose history it is `of` ("account" or "counterparty"); `at_once`: it came in at the same time."""
    first = f"{late['external_id']}, of {str(late['occurred_at'])[:16].replace('T', ' ')} UTC"
    whose = "this account's" if late["of"] == "account" else "this counterparty's"
    how = "at the same time" if late.get("at_once") else "late"
    many = f"{late['count']:,} payments that came in {how} (the first: {first})"
    who = f"A payment that came in {how} ({first})" if late["count"] == 1 else many
    return replace(decision, reasons=[*decision.reasons, f"{who} changed {whose} history."], late=late)


def findings_by_row(results: Iterable[tuple[ActiveRule, Findings]]) -> dict[int, list[tuple[ActiveRule, Finding]]]:
    """Findings of all rules, for each row that any rule fired on."""
    rows: dict[int, list[tuple[ActiveRule, Finding]]] = {}
    for rule, findings in results:
        for index, finding in findings.items():
            rows.setdefault(index, []).append((rule, finding))
    return rows
