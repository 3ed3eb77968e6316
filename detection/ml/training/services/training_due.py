from __future__ import annotations

from datetime import timedelta

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import Invalid

from ....choices import ModelRole
from ....features import confirmations
from ....models import ModelVersion, TrainingRun
from ...estimators.settings import MIN_CONFIRMED
from ..selectors import newest_transaction_at
from ..settings import SupervisedSettings
from .training_request import training_request

# Each training costs minutes, and people read its card: a model that learned from little more is not worth either.
MIN_GROWTH = 0.25


def training_due() -> TrainingRun | None:
    """Ask for a supervised model when enough outcomes are known: the first, or 25 % more than the newest learned from.

    Called by the schedule, each day, as finobs itself. It asks for a candidate; people decide what becomes of it.
    Records `training.request`.
    """
    actor = system_actor("detection")
    outcomes = mature_outcomes(actor)
    if len(outcomes) < MIN_CONFIRMED:
        return None
    newest = (
        ModelVersion.objects.defer("artefact").filter(role=ModelRole.SUPERVISED, parent=None).order_by("-pk").first()
    )
    if newest is not None and len(_since(newest, outcomes)) < MIN_GROWTH * int(newest.metrics.get("confirmed", 0)):
        return None
    return training_request(actor=actor, role=ModelRole.SUPERVISED)


def mature_outcomes(actor: User) -> list[confirmations.Confirmation]:
    """The confirmed ones of the days that a model trained now would learn from. Who: anybody."""
    settings = SupervisedSettings()
    try:
        until = newest_transaction_at(actor, None) - timedelta(days=settings.delay)
    except Invalid:
        return []
    outcomes = confirmations.confirmations_of(None, (), until - timedelta(days=settings.days))
    return [each for each in outcomes if each.occurred_at <= until and each.known_at <= clock.now()]


def _since(version: ModelVersion, outcomes: list[confirmations.Confirmation]) -> list[confirmations.Confirmation]:
    """Outcomes that this version has not learned from."""
    return [each for each in outcomes if each.known_at > version.created_at or each.occurred_at > version.trained_to]
