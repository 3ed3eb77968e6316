"""Reads of model versions without a user."""

from __future__ import annotations

from ...choices import ModelStage
from ...models import ModelVersion


def ever_in_force(role: str) -> bool:
    """Was any version of this role ever in force?"""
    past = ModelVersion.history.filter(role=role, stage=ModelStage.CHAMPION)
    return bool(past.exists()) or ModelVersion.objects.filter(role=role, stage=ModelStage.CHAMPION).exists()
