"""From what came in to a model version that is ready to be published: the same frame for both roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from finobs.core import clock
from finobs.core.errors import Invalid
from finobs.core.jobs.progress import Tell
from transactions.models import Source

from ...choices import Role
from ...features import ACCOUNT
from ...features.account import microseconds
from ...models import ModelVersion
from . import anomaly, dataset, supervised
from .anomaly import Trained
from .dataset import Rows

SHARE, SEED = 0.005, 7
# At most so many rows are read. The supervised model's are of seven weeks.
MOST = {Role.ANOMALY: 200_000, Role.SUPERVISED: 500_000}
KINDS = {Role.ANOMALY: "ensemble", Role.SUPERVISED: "supervised"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. rows: at most; 0 is as many as usual. share: of the traffic that people can review."""

    role: str
    source: Source | None
    rows: int = 0
    share: float = SHARE
    seed: int = SEED


def learn(user: Any, wanted: Wanted, tell: Tell) -> ModelVersion:
    """Read what `user` may see, fit, check; a version that is not saved yet. Takes long, and holds no lock.

    Raises Invalid for a role that there is not, too few rows or outcomes, or a model that does not agree with its
    graph or cannot be explained.
    """
    rows, trained = _TRAINERS[role_of(wanted.role)](user, wanted, tell)
    return ModelVersion(
        role=wanted.role, kind=KINDS[Role(wanted.role)], feature_set=ACCOUNT.name, metrics=trained.metrics,
        parameters={**trained.parameters, "source": wanted.source.slug if wanted.source else None},
        training_rows=len(trained.learned), trained_from=_moment(rows.occurred[trained.learned].min()),
        trained_to=_moment(rows.occurred[trained.learned].max()), threshold=trained.threshold,
        artefact=trained.artefact, sha256=trained.sha256,
    )  # fmt: skip


def role_of(text: str) -> Role:
    """Raises Invalid."""
    if text not in Role.values:
        raise Invalid(fields={"role": [f"{text!r} is no role of a model."]})
    return Role(text)


def _anomaly(user: Any, wanted: Wanted, tell: Tell) -> tuple[Rows, Trained]:
    most = wanted.rows or MOST[Role.ANOMALY]
    rows = dataset.read(user, ACCOUNT, source=wanted.source, most=most, tell=tell)
    settings = anomaly.Settings(share=wanted.share, seed=wanted.seed)
    return rows, anomaly.train(rows.matrix, ACCOUNT, settings, tell)


def _supervised(user: Any, wanted: Wanted, tell: Tell) -> tuple[Rows, Trained]:
    settings = supervised.Settings(share=wanted.share, seed=wanted.seed)
    as_of, now = dataset.newest(user, wanted.source), clock.now()
    most = wanted.rows or MOST[Role.SUPERVISED]
    rows = dataset.read(
        user, ACCOUNT, source=wanted.source, most=most, after=settings.since(as_of), until=as_of, tell=tell
    )
    newest, present = (int(each) for each in microseconds([as_of, now]))
    known = dataset.known_since(rows)
    return rows, supervised.train(rows, known, newest, present, settings, tell)


_TRAINERS: dict[Role, Callable[[Any, Wanted, Tell], tuple[Rows, Trained]]] = {
    Role.ANOMALY: _anomaly, Role.SUPERVISED: _supervised
}  # fmt: skip


def _moment(at: Any) -> datetime:
    return datetime.fromtimestamp(int(at) / 1e6, UTC)
