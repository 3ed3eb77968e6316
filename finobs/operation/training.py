"""The demo's models: one trained on the first part of the rows, in force for the rest; one, at the end, on outcomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from detection.choices import Role, RunState
from detection.models import ModelVersion
from detection.services import ensure_first_model
from detection.training import FEWEST_ROWS
from finobs.accounts.models import User

# Of the demo's rows, so many of the last ones go to review: enough to work on, few enough to work through.
SHARE: Final = 0.008
PART: Final = 0.3
MOST: Final = 100_000


def first_part(total: int) -> int:
    """How many rows come in before the model is trained."""
    return min(int(total * PART), MOST)


def ensure_champion(actor: User, say: Callable[[str], None]) -> None:
    """Train and install unless one was. Too few rows leave the rules alone to judge, and are no fault."""
    _ensure(actor, Role.ANOMALY, say, "The rules judge alone.")


def ensure_supervised(actor: User, say: Callable[[str], None]) -> None:
    """Once everything is in: learn from the outcomes that are known, if they are enough."""
    _ensure(actor, Role.SUPERVISED, say, "No model learns from outcomes yet.")


def _ensure(actor: User, role: Role, say: Callable[[str], None], without: str) -> None:
    """Whoever worked on it before is dead: the demo runs once on its data."""
    before = ModelVersion.objects.filter(role=role).exists()
    run = ensure_first_model(actor=actor, role=role, least=FEWEST_ROWS, share=SHARE, abandoned=True)
    if run is None:
        if not before:
            say(f"No {role.label.lower()} model: too few transactions. {without}")
    elif run.state != RunState.DONE:
        say(f"No {role.label.lower()} model: {run.error} {without}")
    elif not before and run.model_version:
        rows = f"{run.model_version.training_rows:,} transactions"
        say(f"{run.model_version} learned from {rows}, and is in force from here on.")
