"""What an import into a new installation starts with, so that a first file does not pass unjudged."""

from __future__ import annotations

import logging

from finobs.accounts.system import system_actor
from finobs.core.errors import Invalid
from transactions.models import Transaction

from ..models import ModelVersion, Rule
from .model import model_promote, model_train
from .rule import ensure_default_rules

log = logging.getLogger("finobs.detection")
# Enough for a threshold that lets half a percent through: 250 of the training rows lie above it.
ENOUGH = 50_000


def ensure_judges() -> None:
    """Default rules where there is no rule at all; a first model once there are 50,000 transactions to learn from.

    Called before an import's first batch and after each, outside their transactions. Whatever an administrator has
    made or retired since is left alone. Who: finobs itself ("detection"). Records `rule.create`, `model.train`,
    `model.promote`.
    """
    actor = system_actor("detection")
    if not Rule.objects.exists():
        ensure_default_rules(actor=actor)
    if ModelVersion.objects.exists() or Transaction.objects.all()[:ENOUGH].count() < ENOUGH:
        return
    version = model_train(actor=actor, rows=ENOUGH)
    try:
        model_promote(actor=actor, version=version, reason="The first model of this installation")
    except Invalid as refused:
        log.warning("%s stays a candidate: %s", version, refused.detail)
