from __future__ import annotations

from typing import Any

from finobs.accounts.models import User
from finobs.core import access, dispatch
from finobs.core.errors import Invalid
from finobs.core.service import service
from finobs.ledger.services import record
from transactions.models import Source

from ....models import ModelVersion, TrainingRun
from .. import anomaly, workflow
from ..pipeline import DEFAULT_SEED, DEFAULT_SHARE, MAX_ROWS, TrainingRequest, role_of

TASK = "detection.tasks.train_model"


@service
def training_request(
    *,
    actor: User,
    role: str,
    source: Source | None = None,
    rows: int = 0,
    share: float = DEFAULT_SHARE,
    seed: int = DEFAULT_SEED,
    wake: bool = True,
) -> TrainingRun:
    """Ask for a candidate to be trained; a worker takes it up. While one of the role waits or runs, that is the answer.

    `rows`, `share`, `seed`: see `learning.Wanted`. `wake` false leaves it to whoever asked to work it at once.
    Who may: `model:retrain`. Records `training.request`. Raises Invalid.
    """
    access.require(actor, "train", ModelVersion)
    wanted = role_of(role)
    anomaly.check_share(share)
    if not 0 <= rows <= MAX_ROWS[wanted]:
        raise Invalid(fields={"rows": [f"At most {MAX_ROWS[wanted]:,} rows."]})
    standing = TrainingRun.objects.select_for_update(of=("self",)).filter(role=wanted, state__in=workflow.RUNS_OPEN)
    if (open_one := standing.first()) is not None:
        return open_one
    asked: dict[str, Any] = {"rows": rows, "share": repr(share), "seed": seed}
    run = TrainingRun.objects.create(role=wanted, source=source, parameters=asked, asked_by=actor)
    data = {"role": str(wanted), "source": source.slug if source else None, "share": repr(share), "rows": str(rows)}
    record(actor=actor, action="training.request", subject=run, data=data)
    if wake:
        dispatch.on_commit(TASK, run.pk)
    return run


def wanted_of(run: TrainingRun) -> TrainingRequest:
    """What a run was asked for."""
    kept = run.parameters
    return TrainingRequest(run.role, run.source, int(kept["rows"]), float(kept["share"]), int(kept["seed"]))
