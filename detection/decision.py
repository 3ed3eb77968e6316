"""From findings and a score to an outcome. Pure: the same input gives the same decision, alone or in any batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from .choices import Outcome, Typology
from .rules import Finding, Findings

if TYPE_CHECKING:
    from .models import ModelVersion

SEVERITY = {Outcome.APPROVE: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}


@dataclass(frozen=True, slots=True)
class LiveRule:
    """A rule version in force, as far as deciding needs it."""

    version_id: int
    slug: str
    number: int
    kind: str
    typology: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Decision:
    """`fired` are the rules that fired with what they found, the most severe first."""

    outcome: Outcome
    typology: str
    fired: Sequence[tuple[LiveRule, Finding]] = ()
    score: float | None = None
    reasons: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A decision with what it rests on, for whoever asked for it."""

    decision: Decision
    model: ModelVersion | None
    at: datetime


def decide(
    fired: Sequence[tuple[LiveRule, Finding]], score: float | None, threshold: float | None, scorer: str = ""
) -> Decision:
    """Rules set the floor; the score of a model can only raise approve to review, never lower anything."""
    ordered = sorted(fired, key=lambda each: (-SEVERITY[each[1].severity], each[0].slug, each[0].version_id))
    outcome = ordered[0][1].severity if ordered else Outcome.APPROVE
    reasons = [finding.words for _, finding in ordered]
    if score is not None and threshold is not None and score >= threshold:
        outcome = max(outcome, Outcome.REVIEW, key=SEVERITY.__getitem__)
        reasons.append(
            f"It is unusual for its account and others: score {score:.6f}, at or above {threshold:.6f} ({scorer})."
        )
    typology = ordered[0][0].typology if ordered else str(Typology.UNUSUAL)
    return Decision(outcome, typology, ordered, score, reasons)


def by_row(found: Iterable[tuple[LiveRule, Findings]]) -> dict[int, list[tuple[LiveRule, Finding]]]:
    """Findings of all rules, for each row that any rule fired on."""
    rows: dict[int, list[tuple[LiveRule, Finding]]] = {}
    for rule, findings in found:
        for index, finding in findings.items():
            rows.setdefault(index, []).append((rule, finding))
    return rows
