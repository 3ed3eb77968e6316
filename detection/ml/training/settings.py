"""What a training is asked to do, and the limits of it. Nothing heavy is loaded to read a form or a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from finobs.core.errors import Invalid
from transactions.models import Source

from ...choices import ModelRole
from ..estimators.settings import BoostingSettings, EnsembleSettings

DEFAULT_SHARE: Final = 0.005
DEFAULT_SEED: Final = 7
MIN_ROWS: Final = 500
# At most so many rows are read. The supervised model's are of seven weeks.
MAX_ROWS: Final = {ModelRole.ANOMALY: 200_000, ModelRole.SUPERVISED: 500_000}


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """rows: at most; 0 is as many as usual. share: of the traffic that people can review."""

    role: str
    source: Source | None
    rows: int = 0
    share: float = DEFAULT_SHARE
    seed: int = DEFAULT_SEED

    @property
    def max_rows(self) -> int:
        return self.rows or MAX_ROWS[role_of(self.role)]


@dataclass(frozen=True, slots=True)
class AnomalySettings:
    """share: of rows that go to review, the capacity of those who work them. sample: rows in each tree."""

    share: float = DEFAULT_SHARE
    trees: int = 100
    sample: int = 2048
    seed: int = DEFAULT_SEED

    @property
    def ensemble(self) -> EnsembleSettings:
        return EnsembleSettings(trees=self.trees, sample=self.sample, seed=self.seed)


@dataclass(frozen=True, slots=True)
class SupervisedSettings:
    """share: of rows that go to review. delay, days, test_days: see `supervised`, in days."""

    share: float = DEFAULT_SHARE
    delay: int = 7
    days: int = 28
    test_days: int = 7
    seed: int = DEFAULT_SEED
    boosting: BoostingSettings = field(default_factory=BoostingSettings)

    def since(self, as_of: datetime) -> datetime:
        """What occurred until then is not read."""
        return as_of - timedelta(days=2 * self.delay + self.test_days + self.days)


def role_of(text: str) -> ModelRole:
    """Raises Invalid."""
    if text not in ModelRole.values:
        raise Invalid(fields={"role": [f"{text!r} is no role of a model."]})
    return ModelRole(text)
