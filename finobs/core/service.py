"""The frame around every write."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, transaction

from . import authority
from .errors import ApprovalRequired, Conflict

P = ParamSpec("P")
R = TypeVar("R")


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Run a write in one transaction: lock, permission, workflow, save, ledger event, dispatch on commit.

    `ApprovalRequired` is not a failure: the request for approval that the gate wrote must survive, so the
    transaction commits and the exception is raised after it. A service therefore passes the gate before it
    saves anything of its own, and a service that calls a gated service is itself a service.

    For whom it acts, and what they may, is read again before the commit (`core.authority`): whoever lost it while the
    service waited has done nothing.

    Two who make the same thing in the same moment: the database lets one, and the other is told so (Conflict).
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        approval: ApprovalRequired
        try:
            with transaction.atomic(), authority.frame(kwargs.get("actor")):
                try:
                    return function(*args, **kwargs)
                # Raised only after the commit: from within the block it would roll the request for approval back.
                except ApprovalRequired as required:
                    approval = required
        except IntegrityError as error:
            if not _is_second(error):
                raise
            raise Conflict("Somebody else made the same in this moment. Look at what is there now.") from error
        raise approval

    return run


def _is_second(error: IntegrityError) -> bool:
    """A unique constraint refused it: nothing else that a database refuses is anybody's bad luck."""
    return getattr(error.__cause__, "sqlstate", "") == "23505" or "UNIQUE constraint failed" in str(error)
