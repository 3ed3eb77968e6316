"""The demo's model: trained on the first part of the rows, in force for the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from detection.choices import Stage
from detection.models import ModelVersion
from detection.services import model_promote, model_train
from finobs.accounts.models import User
from finobs.core.errors import Invalid

# Of the demo's rows, so many of the last ones go to review: enough to work on, few enough to work through.
SHARE: Final = 0.008
PART: Final = 0.3
MOST: Final = 100_000


def first_part(total: int) -> int:
    """How many rows come in before the model is trained."""
    return min(int(total * PART), MOST)


def ensure_champion(actor: User, say: Callable[[str], None]) -> None:
    """Train and promote unless a model is in force. Too few rows leave the rules alone to judge, and are no fault."""
    if ModelVersion.objects.filter(stage=Stage.CHAMPION).exists():
        return
    candidate = ModelVersion.objects.filter(stage=Stage.CANDIDATE).order_by("-pk").first()
    try:
        version = candidate or model_train(actor=actor, share=SHARE)
        model_promote(actor=actor, version=version, reason="First model of the demo")
    except Invalid as refused:
        say(f"No model: {refused.detail} The rules judge alone.")
    else:
        say(f"{version} trained on {version.training_rows:,} transactions, and in force from here on.")
