"""The frame around every write."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

from .errors import ApprovalRequired

P = ParamSpec("P")
R = TypeVar("R")


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Run a write in one transaction: lock, permission, workflow, save, ledger event, dispatch on commit.

    `ApprovalRequired` is not a failure: the request for approval that the gate wrote must survive, so the
    transaction commits and the exception is raised after it. A service therefore passes the gate before it
    saves anything of its own, and a service that calls a gated service is itself a service.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        waiting: ApprovalRequired
        with transaction.atomic():
            try:
                return function(*args, **kwargs)
            except ApprovalRequired as required:
                waiting = required
        raise waiting

    return run
