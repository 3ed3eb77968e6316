"""People and machine accounts come, change and go. Nobody is deleted: events keep naming them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from finobs.core import access, clock, history
from finobs.core.db.locks import wait_for_lock
from finobs.core.errors import Invalid, InvalidTransition, NotAllowed
from finobs.core.plain_text import require_names
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.services import record

from ..addresses import why_not_address
from ..choices import SessionEndReason, UserKind
from ..models import User
from ..names import is_reserved, name_keys, why_not_own_name
from ..privilege_ceiling import require_may_assign, require_not_above
from .locking import lock_user
from .roles import opens_admin, set_roles
from .sessions import end_sessions

DUPLICATE_EMAIL_MESSAGE = "Somebody already has this address."


@service
def user_create(
    *, actor: User, email: str, name: str, kind: str = UserKind.HUMAN, roles: Collection[str] = (),
    is_staff: bool = False,
    time_zone: str = "UTC",
) -> User:  # fmt: skip
    """Add a person or a machine account, without a password: issue a link to set one.

    An administrator may open the administration, with `is_staff` or without.
    Needs user:create, and user:role_assign with everything the roles carry if there are roles or `is_staff`.
    Records user.create. Raises Invalid, NotAllowed.
    """
    access.require(actor, "create", User)
    if roles or is_staff:
        require_may_assign(actor, roles)
    if kind not in (UserKind.HUMAN, UserKind.SERVICE) or (is_staff and kind != UserKind.HUMAN):
        raise Invalid(fields={"kind": ["Choose a person or a machine account; only a person may open the admin."]})
    require_address(email)
    name = require_names(name=name)["name"]
    is_staff = is_staff or opens_admin(kind, roles)
    user = User(email=email.strip().lower(), name=name, kind=kind, is_staff=is_staff, time_zone=time_zone)
    # Its owner alone chooses one, under a link that is issued for it.
    user.set_unusable_password()
    _save(user, actor)
    set_roles(user, roles, actor=actor)
    record(
        actor=actor,
        action="user.create",
        subject=user,
        # As they were made: a name and an address may change, and the row go.
        data={"name": user.name, "email": user.email, "kind": str(kind), "roles": sorted(roles), "is_staff": is_staff},
    )
    return user


@service
def user_change(
    *, actor: User, user: User, email: str | None = None, name: str | None = None, is_staff: bool | None = None,
    time_zone: str | None = None, version: int | None = None,
) -> User:  # fmt: skip
    """Change what is said about somebody. Needs user:update, and reach over them; `is_staff` needs user:role_assign.

    Records user.change. Raises Invalid, NotAllowed, Stale.
    """
    user = lock_user(user)
    access.require(actor, "change", user)
    require_not_above(actor, user)
    require_version(user, version)
    require_address(email or "")
    name = name if name is None else require_names(name=name)["name"]
    values = {"email": email and email.strip().lower(), "name": name, "is_staff": is_staff, "time_zone": time_zone}
    changed = {field: value for field, value in values.items() if value is not None and value != getattr(user, field)}
    # SEC-12: what opens the admin is given like a role, and ends what was signed in before.
    if "is_staff" in changed:
        access.require(actor, "assign_role", user)
        if actor.pk == user.pk or (is_staff and user.kind != UserKind.HUMAN):
            raise NotAllowed("Nobody opens the admin to themselves, or to a machine account.")
        user.session_epoch += 1
        end_sessions(user, SessionEndReason.CHANGED)
    return _put(user, actor, changed)


@service
def profile_change(*, actor: User, name: str, time_zone: str, version: int | None = None) -> User:
    """A person changes their own name and time zone. Not for scoped tokens. Records user.change.

    Not into what looks like the name of anybody else, who may have left and come back: that is an administrator's to
    give, who knows them both. Raises Invalid, Stale.
    """
    # Two who choose one name in the same moment choose one after the other. Before the row: no waiting in a circle.
    wait_for_lock("own-names")
    user = lock_user(actor)
    if not actor.is_active or actor.token_scopes is not None:
        raise NotAllowed
    require_version(user, version)
    name = require_names(name=name)["name"]
    if name != user.name:
        require_own_name(user, name)
    values = {"name": name, "time_zone": time_zone}
    return _put(user, actor, {field: value for field, value in values.items() if value != getattr(user, field)})


@service
def user_deactivate(*, actor: User, user: User, version: int | None = None) -> User:
    """Shut somebody out at once: sessions end, tokens are revoked. Needs user:delete and reach; not oneself.

    Records user.deactivate. Raises NotAllowed, Stale, InvalidTransition.
    """
    user = lock_user(user)
    access.require(actor, "deactivate", user)
    require_not_above(actor, user)
    if actor.pk == user.pk:
        raise NotAllowed("Nobody deactivates themselves: another administrator must.")
    require_version(user, version)
    if not user.is_active:
        raise InvalidTransition(f"{user} is not active.")
    user.is_active = False
    user.session_epoch += 1
    _save(user, actor)
    sessions = end_sessions(user, SessionEndReason.ENDED)
    tokens = user.api_tokens.filter(revoked_at=None).update(revoked_at=clock.now())
    data = {"sessions_ended": sessions, "tokens_revoked": tokens}
    record(actor=actor, action="user.deactivate", subject=user, data=data)
    return user


@service
def user_reactivate(*, actor: User, user: User, version: int | None = None) -> User:
    """Let somebody in again, with the roles they had; their tokens stay revoked. Needs user:delete and reach.

    Records user.reactivate. Raises NotAllowed, Stale, InvalidTransition.
    """
    user = lock_user(user)
    access.require(actor, "deactivate", user)
    require_not_above(actor, user)
    require_version(user, version)
    if user.is_active:
        raise InvalidTransition(f"{user} is active.")
    user.is_active = True
    _save(user, actor)
    record(actor=actor, action="user.reactivate", subject=user)
    return user


def _put(user: User, actor: User, changed: Mapping[str, object]) -> User:
    if changed:
        for field, value in changed.items():
            setattr(user, field, value)
        _save(user, actor)
        record(actor=actor, action="user.change", subject=user)
    return user


def require_own_name(user: User, name: str) -> None:
    """Raises Invalid for a name that is taken for another person's, or for a part of finobs."""
    if refusal := why_not_own_name(name):
        raise Invalid(fields={"name": [refusal]})
    if is_reserved(name):
        raise Invalid(fields={"name": ["This names finobs or a role. An administrator can give you another name."]})
    if User.objects.filter(name_key__in=name_keys(name)).exclude(pk=user.pk).exists():
        raise Invalid(fields={"name": ["Somebody else is called that. An administrator can give you this name."]})


def require_address(email: str) -> None:
    """Raises Invalid."""
    if refusal := why_not_address(email):
        raise Invalid(fields={"email": [refusal]})


def _save(user: User, actor: User) -> None:
    """Validate and save; two people with one address in the same moment are still one refusal."""
    try:
        user.full_clean(exclude=["password"])
        with transaction.atomic():
            history.save(user, actor=actor)
    except ValidationError as error:
        fields = {("" if name == "__all__" else name): texts for name, texts in error.message_dict.items()}
        is_second = {"", "email_key"} & fields.keys()
        raise Invalid(fields={"email": [DUPLICATE_EMAIL_MESSAGE]} if is_second else fields) from error
    except IntegrityError as error:
        raise Invalid(fields={"email": [DUPLICATE_EMAIL_MESSAGE]}) from error
