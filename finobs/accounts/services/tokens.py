"""API tokens are made and revoked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from finobs.core import access, clock
from finobs.core.errors import Invalid, NotAllowed
from finobs.core.plain_text import require_names
from finobs.core.service import service
from finobs.core.versions import require_version
from finobs.ledger.canonical import Canonical
from finobs.ledger.services import record

from .. import token_format, token_sources
from ..choices import UserKind
from ..models import ApiToken, User
from ..privilege_ceiling import permissions_held, require_not_above
from ..roles import PERMISSIONS
from .locking import lock_user

MAX_LIFETIME = timedelta(days=365)


@service
def token_create(
    *, actor: User, user: User, name: str, scopes: Collection[str], lifetime: timedelta, sources: Collection[str] = ()
) -> tuple[ApiToken, str]:
    """Make a key for `user` and return it with its secret, which is shown this once and kept nowhere.

    Everybody for themselves; for a machine account with user:role_assign and reach; for other people nobody, as it
    would be their signature. Scopes are named permissions that the actor holds. Tokens cannot make tokens.
    sources: slugs of the sources that the token is bound to: it reaches these, and what came by them, and nothing that
    came by none. Empty: all that its owner reaches.
    Records token.create. Raises NotAllowed, Invalid.
    """
    user = lock_user(user)
    _require_create(actor, user)
    name = require_names(name=name)["name"]
    _check(actor, name, scopes, lifetime, sources)
    prefix, text = token_format.generate()
    token = ApiToken.objects.create(
        user=user, name=name, prefix=prefix, digest=token_format.digest(text), scopes=sorted(scopes),
        sources=sorted(set(sources)), created_by=actor, created_at=clock.now(), expires_at=clock.now() + lifetime,
    )  # fmt: skip
    data: dict[str, Canonical] = {"of": str(user.pk), "prefix": prefix, "scopes": sorted(scopes), "days": lifetime.days}
    data["sources"] = sorted(set(sources))
    record(actor=actor, action="token.create", subject=token, data=data)
    return token, text


@service
def token_revoke(*, actor: User, token: ApiToken, version: int | None = None) -> ApiToken:
    """Revoke a key at once: one's own when signed in, or any with user:update and reach. Twice is once.

    Records token.revoke. Raises NotFound, NotAllowed, Stale.
    """
    # Its owner first, as whatever makes or takes away their tokens does.
    lock_user(token.user)
    token = ApiToken.objects.select_for_update(of=("self",)).select_related("user").get(pk=token.pk)
    is_own = actor.pk == token.user_id and actor.is_active and actor.token_scopes is None
    if not is_own:
        access.require(actor, "revoke", token)
        require_not_above(actor, token.user)
    if token.revoked_at is None:
        require_version(token, version)
        token.revoked_at, token.version = clock.now(), token.version + 1
        token.save(update_fields=["revoked_at", "version"])
        changes = {"revoked_at": (None, token.revoked_at)}
        record(actor=actor, action="token.revoke", subject=token, data={"of": str(token.user_id)}, changes=changes)
    return token


def _require_create(actor: User, user: User) -> None:
    if actor.token_scopes is not None:
        raise NotAllowed("A token cannot make tokens. Sign in.")
    if not user.is_active:
        raise NotAllowed("Only an active account has tokens.")
    if actor.pk == user.pk:
        return
    access.require(actor, "create", ApiToken)
    if user.kind != UserKind.SERVICE:
        raise NotAllowed("People make their own tokens.")
    require_not_above(actor, user)


def _check(actor: User, name: str, scopes: Collection[str], lifetime: timedelta, sources: Collection[str]) -> None:
    errors: dict[str, list[str]] = {}
    if not 0 < len(name) <= 80:
        errors["name"] = ["Give it a name of at most 80 characters."]
    if not timedelta() < lifetime <= MAX_LIFETIME:
        errors["days"] = ["A token lives for 1 to 365 days."]
    if not scopes:
        errors["scopes"] = ["Choose at least one permission."]
    elif unknown := sorted(set(scopes) - set(PERMISSIONS)):
        errors["scopes"] = [f"No such permission: {unknown[0]}."]
    elif excess := sorted(set(scopes) - permissions_held(actor)):
        errors["scopes"] = [f"Your roles do not include {excess[0]}."]
    if sources and (unknown := sorted(set(sources) - {slug for slug, _ in token_sources.offered(actor)})):
        errors["sources"] = [f"There is no source {unknown[0][:40]!r}."]
    if errors:
        raise Invalid(fields=errors)
