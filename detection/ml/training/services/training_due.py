from __future__ import annotations

from datetime import timedelta

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core import clock
from finobs.core.errors import Invalid

from ....choices import ModelRole
from ....features import confirmations
from ....models import ModelVersion, TrainingRun
from ...estimators import boosting
from .. import dataset
from ..supervised import SupervisedSettings
from .training_request import training_request

# So many more outcomes than the newest model learned from make another one worth its while.
MIN_GROWTH = 0.25


def training_due() -> TrainingRun | None:
    """Ask for a supervised model when enough outcomes are known: the first, or 25 % more than the newest learned from.

    Called by the schedule, each day, as finobs itself. It asks for a candidate; people decide what becomes of it.
    Records `training.request`.
    """
    actor = system_actor("detection")
    known = mature_outcomes(actor)
    if len(known) < boosting.MIN_CONFIRMED:
        return None
    newest = (
        ModelVersion.objects.defer("artefact").filter(role=ModelRole.SUPERVISED, parent=None).order_by("-pk").first()
    )
    if newest is not None and len(_since(newest, known)) < MIN_GROWTH * int(newest.metrics.get("confirmed", 0)):
        return None
    return training_request(actor=actor, role=ModelRole.SUPERVISED)


def mature_outcomes(actor: User) -> list[confirmations.Confirmation]:
    """The confirmed ones of the days that a model trained now would learn from. Who: anybody."""
    settings = SupervisedSettings()
    try:
        mature = dataset.newest_transaction_at(actor, None) - timedelta(days=settings.delay)
    except Invalid:
        return []
    known = confirmations.confirmations_of(None, (), mature - timedelta(days=settings.days))
    return [each for each in known if each.occurred_at <= mature and each.known_at <= clock.now()]


def _since(version: ModelVersion, known: list[confirmations.Confirmation]) -> list[confirmations.Confirmation]:
    """Outcomes that this version has not learned from."""
    return [each for each in known if each.known_at > version.created_at or each.occurred_at > version.trained_to]
