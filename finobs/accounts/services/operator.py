"""What an operator does to people on the server, where there is nobody yet, or nobody any more, who could do it here.

The events are the operator's (`finobs.ledger.actors`): never an act of the person whom it is done to.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from finobs.core import clock, history
from finobs.core.errors import Invalid, NotAllowed
from finobs.core.plain_text import require_names
from finobs.core.service import service
from finobs.ledger.canonical import Canonical
from finobs.ledger.services import record

from ..choices import SessionEndReason, UserKind
from ..models import User
from ..system import system_actor
from .locking import lock_user
from .sessions import end_sessions
from .users import require_address


@service
def superuser_create(*, actor: User, email: str, password: str | None, name: str = "", **fields: Any) -> User:
    """Make a superuser. `actor` is finobs's own account for operators; who that is, the event says.

    Who may: whoever may run commands on the server. Records user.create. Raises NotAllowed, Invalid, IntegrityError
    for an address that is taken.
    """
    _require_operator(actor)
    require_address(email)
    name = require_names(name=name)["name"]
    user = User(email=email.strip().lower(), name=name, is_staff=True, is_superuser=True, **fields)
    # The command asks for the rules only where it can ask again, and lets them be skipped: here nobody skips them.
    if password is not None:
        _require_rules(user, password, field="password")
    user.set_password(password)
    history.save(user, actor=actor)
    data: dict[str, Canonical] = {
        "name": user.name,
        "email": user.email,
        "kind": str(user.kind),
        "roles": [],
        "is_staff": True,
        "is_superuser": True,
    }
    record(actor=actor, action="user.create", subject=user, data=data)
    return user


@service
def password_replace(*, actor: User, user: User, new: str) -> User:
    """Give somebody another password on the server; their sessions end. `actor` as for `superuser_create`.

    Who may: whoever may run commands on the server. Records user.password_change. Raises NotAllowed, Invalid.
    """
    _require_operator(actor)
    user = lock_user(user)
    if user.kind != UserKind.HUMAN:
        raise NotAllowed("Only a person has a password.")
    _require_rules(user, new, field="new")
    user.set_password(new)
    user.password_changed_at = clock.now()
    user.session_epoch += 1
    history.save(user, actor=actor, fields=["password", "password_changed_at", "session_epoch"])
    end_sessions(user, SessionEndReason.CHANGED)
    record(actor=actor, action="user.password_change", subject=user, data={"via": "command"})
    return user


def superuser_add(**fields: Any) -> User:
    """As `superuser_create`, in the name of finobs's own account for operators."""
    return superuser_create(actor=system_actor("operator"), **fields)


def _require_rules(user: User, password: str, *, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(fields={field: error.messages}) from error


def _require_operator(actor: User) -> None:
    if actor.kind != UserKind.SYSTEM:
        raise NotAllowed("Only an operator does this, by a command on the server.")
