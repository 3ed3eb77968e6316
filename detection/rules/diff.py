"""What pages show of versions and scores, worked out from what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..models import RuleVersion
from . import scenarios


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """One parameter of a version beside the version before it."""

    label: str
    before: str
    after: str

    @property
    def is_new(self) -> bool:
        return self.before not in ("", self.after)


def version_diffs(kind: str, versions: Sequence[RuleVersion]) -> list[tuple[RuleVersion, list[ParameterChange]]]:
    """Each version (newest first) with its parameters against the one before."""
    labels = [(each.name, each.label) for each in scenarios.SCENARIOS[kind].parameters]
    return [
        (
            version,
            [
                ParameterChange(
                    label, _text(older.parameters.get(name)) if older else "", _text(version.parameters.get(name))
                )
                for name, label in labels
            ],
        )
        # Not strict: a rule without versions has none before it either.
        for version, older in zip(versions, [*versions[1:], None], strict=False)
    ]


def _text(value: Any) -> str:
    return "none" if value is None else str(value)
