"""What a new installation starts with, so that what comes in first does not pass without assessment."""

from __future__ import annotations

import logging

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core.errors import Conflict, FinobsError
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.worker import work
from transactions.models import Transaction

from .choices import ModelRole, ModelStage
from .ml.registry.queries import ever_in_force
from .ml.registry.services import model_install
from .ml.training.services.training_request import training_request
from .ml.training.settings import DEFAULT_SHARE
from .models import ModelVersion, Rule, TrainingRun
from .rules.services import ensure_default_rules

log = logging.getLogger("finobs.detection")
# Enough for a threshold that lets half a percent through: 250 of the training rows lie above it.
MIN_TRANSACTIONS = 50_000


def ensure_default_detectors() -> None:
    """Default rules where there is no rule at all; a first model once there are 50,000 transactions to learn from.

    Called before an import's first batch and after each, outside their transactions, and by the clock, for what comes
    in by API. Whatever an administrator has made or retired since is left alone. Of two at once one does it, and the
    other goes on. Who: finobs itself ("detection"). Records `rule.create`, `training.request`, `model.train`,
    `model.install`.
    """
    ensure_first_rules()
    try:
        actor = system_actor("detection")
        ensure_first_model(actor=actor, role=ModelRole.ANOMALY, least=MIN_TRANSACTIONS, rows=MIN_TRANSACTIONS)
    except Conflict:
        log.info("Another is seeing to the first model")


def ensure_first_rules() -> None:
    """The default rules, where there was never a rule. Called in the transaction of each new source, too."""
    try:
        if not Rule.objects.exists():
            ensure_default_rules(actor=system_actor("detection"))
    except Conflict:
        log.info("Another is seeing to the first rules")


def ensure_first_model(
    *, actor: User, role: str, least: int = 0, rows: int = 0, share: float = DEFAULT_SHARE, abandoned: bool = False
) -> TrainingRun | None:
    """Train and install the first model of a role, once; the training run of `actor` that came of it, or None.

    Nothing happens while there are fewer than `least` transactions, or where anybody else has trained one, or one
    was ever in force. A run that was interrupted is taken up again; one that failed or was cancelled stays so.
    """
    if ever_in_force(role):
        return None
    run = TrainingRun.objects.filter(role=role, requested_by=actor).order_by("-pk").first()
    if run is None:
        if _somebodys(role) or Transaction.objects.all()[:least].count() < least:
            return None
        run = training_request(actor=actor, role=role, rows=rows, share=share, wake=False)
        if run.requested_by_id != actor.pk:
            return None
    if run.is_open:
        run = work(TrainingRun, run.pk, abandoned=abandoned) or run
    if run.state == JobState.DONE:
        _install(actor, run)
    return run


def _somebodys(role: str) -> bool:
    """Has anybody trained one, or asked for it?"""
    return any(kind.objects.filter(role=role).exists() for kind in (ModelVersion, TrainingRun))


def _install(actor: User, run: TrainingRun) -> None:
    version = run.model_version
    if version is None or version.stage != ModelStage.CANDIDATE:
        return
    try:
        model_install(actor=actor, model_version=version, reason="The first model of this installation")
    except FinobsError as refused:
        log.warning("%s stays a candidate: %s", version, refused.detail)
