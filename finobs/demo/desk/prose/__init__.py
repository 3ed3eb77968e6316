"""What the demo's analysts write: varied, and filled with the facts of the item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, TypedDict

from ..facts import Facts
from . import notes
from .explained import CLOSINGS, Closing
from .suspicious import CONFIRMATIONS, ESCALATIONS


class Conclusion(TypedDict):
    """As the services take it."""

    disposition: str
    reason_code: str
    rationale: str


class Prose:
    """Takes of the texts that fit the one that was used least, so that neighbours do not read alike."""

    def __init__(self) -> None:
        self.used: Counter[Any] = Counter()
        self.texts: set[str] = set()

    def pick(self, choices: Sequence[Any], rng: Random) -> Any:
        fewest = min(self.used[each] for each in choices)
        choice = rng.choice([each for each in choices if self.used[each] == fewest])
        self.used[choice] += 1
        return choice

    def write(self, choices: Sequence[str], facts: Facts, rng: Random) -> str:
        text: str = self.pick(choices, rng).format_map(facts.texts)
        return _sentences(text)

    def closing(self, facts: Facts, rng: Random) -> Conclusion:
        """What is concluded, and why."""
        choices = (CONFIRMATIONS if facts.is_suspicious else CLOSINGS)[facts.situation]
        for _ in choices:
            chosen: Closing = self.pick(choices, rng)
            text = _sentences(chosen.text.format_map(facts.texts))
            # An incident's conclusion and that of what came of it say the same of the same facts only once.
            if text not in self.texts:
                break
        self.texts.add(text)
        return {"disposition": chosen.disposition, "reason_code": chosen.reason, "rationale": text}

    def escalation(self, facts: Facts, rng: Random) -> str:
        return self.write(ESCALATIONS[facts.situation], facts, rng)


def _sentences(text: str) -> str:
    """A sentence that begins with what was filled in begins with a capital letter."""
    parts = text.split(". ")
    return ". ".join(part[:1].upper() + part[1:] for part in parts)


__all__ = ["Prose", "notes"]
