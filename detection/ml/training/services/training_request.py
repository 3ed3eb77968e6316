from __future__ import annotations

from typing import Any

from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import Invalid
from finobs.core.jobs.choices import OPEN_STATES
from finobs.core.jobs.wake import call_worker
from finobs.core.service import service
from finobs.ledger.services import record
from transactions.deliveries.queries import input_completeness
from transactions.models import Source

from ....choices import ModelRole
from ....models import ModelVersion, TrainingRun
from ..publication import check_share
from ..settings import DEFAULT_SEED, DEFAULT_SHARE, MAX_ROWS, role_of


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

    `rows`, `share`, `seed`: see `settings.TrainingRequest`. `wake` false: the caller works it at once.
    Who may: `model:retrain`. Records `training.request`. Raises Invalid.
    """
    access.require(actor, "train", ModelVersion)
    model_role = role_of(role)
    _check(model_role, rows, share)
    open_runs = TrainingRun.objects.select_for_update(of=("self",)).filter(role=model_role, state__in=OPEN_STATES)
    if (open_run := open_runs.first()) is not None:
        return open_run
    parameters: dict[str, Any] = {"rows": rows, "share": repr(share), "seed": seed}
    run = TrainingRun.objects.create(
        role=model_role, source=source, parameters=parameters, requested_by=actor,
        input_completeness=input_completeness(source),
    )  # fmt: skip
    data = {"role": str(model_role), "source": source.slug if source else None, "share": repr(share), "rows": str(rows)}
    record(actor=actor, action="training.request", subject=run, data=data)
    if wake:
        call_worker(run)
    return run


def _check(role: ModelRole, rows: int, share: float) -> None:
    check_share(share)
    if not 0 <= rows <= MAX_ROWS[role]:
        raise Invalid(fields={"rows": [f"At most {MAX_ROWS[role]:,} rows."]})
