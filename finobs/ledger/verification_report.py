"""What the verification of the ledger says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where: a place in the tree (or a range of them), an event, a checkpoint."""

    what: str
    seq: int | None = None
    to_seq: int | None = None
    event: int | None = None
    uid: str | None = None
    checkpoint: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}


@dataclass
class VerificationReport:
    """What `verify` found."""

    size: int = 0
    root: str = ""
    checkpoints: int = 0
    pending: int = 0
    external: int = 0
    problems: list[Problem] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.problems

    def add(self, problem: Problem) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def as_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok, "size": self.size, "root": self.root, "checkpoints": self.checkpoints,
            "pending": self.pending, "external_checkpoints": self.external, "seconds": round(self.seconds, 3),
            "per_second": round(self.size / self.seconds) if self.seconds else 0,
            "first_wrong": self.problems[0].as_dict() if self.problems else None,
            "problems": [problem.as_dict() for problem in self.problems],
        }  # fmt: skip
