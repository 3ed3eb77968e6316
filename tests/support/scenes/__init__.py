"""For every service a call that goes well: who makes it, and on what. Used to let the same call go badly.

A scene is built anew for every try, with people and rows of its own. `tests/test_authority_waits.py` holds the list
against the source: a service without a scene fails there.
"""

from __future__ import annotations

from detection.choices import ModelStage
from detection.models import ModelVersion, TrainingRun
from finobs.ledger.models import Alarm

from . import of_approvals, of_cases, of_detection, of_incoming, of_jobs, of_ledger, of_parties, of_people
from .scene import SCENES, Scene, member, session_of, superuser

__all__ = ["SCENES", "Scene", "build", "member", "session_of", "superuser"]

# Each puts its scenes into SCENES.
assert all((of_approvals, of_cases, of_detection, of_incoming, of_jobs, of_ledger, of_parties, of_people))


def build(name: str) -> Scene:
    """The scene of this service, on people and rows of its own."""
    # Of other scenes: models that score nothing in truth, and what there may be one of.
    ModelVersion.objects.filter(stage=ModelStage.CHAMPION).update(stage=ModelStage.RETIRED)
    TrainingRun.objects.all().delete()
    Alarm.objects.all().delete()
    return SCENES[name]()
