"""What a rule finds, and what its kind asks for."""

from __future__ import annotations

from dataclasses import dataclass

from ..choices import Outcome


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule fired on a row: what it demands, and why in plain words."""

    severity: Outcome
    reason: str


Findings = dict[int, Finding]


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    label: str
    help: str = ""
    required: bool = False
