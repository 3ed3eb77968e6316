"""What is true of people and roles after every `migrate`, whatever was there before."""

from __future__ import annotations

from typing import Any

from finobs.core import health

from . import roles, services
from .choices import UserKind
from .models import User
from .system import system_actor


def after_migrate(*, plan: Any = None, **_: Any) -> None:
    """Receiver of post_migrate. `plan`: of a `migrate`; None where tables were only emptied."""
    roles.synchronise()
    if plan is not None and not health.unapplied_migrations():
        open_admin_to_administrators()


def open_admin_to_administrators() -> None:
    """Who was made an administrator by API before the role opened the administration has it opened now.

    By the service, so that history, version and ledger say it. Once for each: whoever had it opened before, and has it
    no more, lost it by somebody's decision.
    """
    people = User.objects.filter(groups__name__in=roles.STAFF_ROLES, kind=UserKind.HUMAN, is_staff=False)
    had_it = User.history.filter(is_staff=True).values("id")
    for user in people.exclude(pk__in=had_it).order_by("pk").distinct():
        services.user_change(actor=system_actor("upgrade"), user=user, is_staff=True)
