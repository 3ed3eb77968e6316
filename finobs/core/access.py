"""Object permissions: one decision, two choke points. No other file imports guardian, but for
`admin_grants`, which shows its pages.

`restrict` narrows every read, `require` guards every write. Both read one table of rules that the apps fill from
their `policy.py` when they start. A rule names the role permission that is always needed and, where more is asked,
the grants any of which is enough and the anchors those grants hang on (a queue, or the object itself).

Nobody, anonymous and inactive people get nothing. System processes and superusers need no grants; neither is a way
around the gate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, Q, QuerySet
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from . import authority, context
from .errors import NotAllowed, NotFound

M = TypeVar("M", bound=Model)

# Bases for tables of direct-foreign-key grants; apps take them from here.
UserGrant = UserObjectPermissionBase
GroupGrant = GroupObjectPermissionBase


@dataclass(frozen=True, slots=True)
class AccessRule:
    """What one action on one model asks for.

    permission: named role permission, such as "compliance:read".
    grants: object grants, any of which is enough, such as ("view", "work", "lead"); empty: none is asked.
    anchors: paths from the model to what grants hang on; "" is the object itself.
    scope: what a scoped token must name besides, where the role permission only reads and grants let people write.
    """

    permission: str
    grants: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ("",)
    scope: str = ""


_rules: dict[tuple[type[Model], str], AccessRule] = {}


def register(model: type[Model], **rules: AccessRule) -> None:
    """Say what each action on `model` asks for. Called from AppConfig.ready()."""
    for action, rule in rules.items():
        _rules[(model, action)] = rule


def narrow(model: type[Model], action: str, *, grants: tuple[str, ...], anchors: tuple[str, ...]) -> None:
    """Ask for grants too, on something an upper app knows (an alert is seen by those who see its case)."""
    # The permission stays the lower app's: an upper app can ask for more, never for less (decision 6).
    _rules[(model, action)] = replace(rule_for(model, action), grants=grants, anchors=anchors)


def rule_for(model: type[Model], action: str) -> AccessRule:
    for base in model.__mro__:
        if (base, action) in _rules:
            return _rules[(base, action)]
    raise ImproperlyConfigured(f"no policy says who may {action} {model._meta.label}")


def rules() -> dict[tuple[type[Model], str], AccessRule]:
    """The whole table, for documentation and for the url matrix."""
    return dict(_rules)


def has_permission(user: Any, permission: str) -> bool:
    """Does one of the user's roles carry this named permission?"""
    holds = _holds(user, permission)
    if holds:
        authority.note(user, permission, lambda now: _holds(now, permission))
    return holds


def _holds(user: Any, permission: str) -> bool:
    return bool(
        _active(user)
        and _within_scopes(user, permission)
        and (_unbounded(user) or user.has_perm(f"accounts.{permission}"))
    )


def restrict(queryset: QuerySet[M], user: Any, action: str) -> QuerySet[M]:
    """The rows of `queryset` on which `user` may do `action`."""
    rule = rule_for(queryset.model, action)
    if not _by_role(user, rule):
        return queryset.none()
    if not rule.grants or _unbounded(user):
        return queryset
    # Ids first, then IN: an id list is served by the index, a sub-query walks it (measured, ecosystem section 5).
    ids = [granted_ids(user, _anchor_model(queryset.model, anchor), rule.grants) for anchor in rule.anchors]
    return queryset.filter(_bounds(rule, ids))


def _bounds(rule: AccessRule, ids: Sequence[Collection[Any]]) -> Q:
    """What hangs on an anchor whose id is among `ids` of that anchor."""
    bounds = Q(pk__in=[])
    for anchor, some in zip(rule.anchors, ids, strict=True):
        if some:
            bounds |= Q(**{f"{anchor or 'pk'}__in": some})
    return bounds


def allowed(user: Any, action: str, target: Model | type[Model]) -> bool:
    """May `user` do `action` to this object? For a class: has the user the role permission for it at all?"""
    if isinstance(target, type):
        return _by_role(user, rule_for(target, action))
    rule = rule_for(type(target), action)
    if not _by_role(user, rule):
        return False
    if target.pk is None or not rule.grants:
        return True
    rows: QuerySet[Any] = type(target)._default_manager.filter(pk=target.pk)
    return rows.exists() if _unbounded(user) else _is_reached(rows, user, rule)


def _is_reached(rows: QuerySet[Any], user: Any, rule: AccessRule) -> bool:
    """Does a grant of `user` reach this row? What is noted is of its anchors only: other grants may be lost meanwhile.

    Of its anchors as they are now, for whoever moves it somewhere else loses nothing by that.
    """
    models = [_anchor_model(rows.model, anchor) for anchor in rule.anchors]
    ids = [_granted_once(user, model, rule.grants) for model in models]
    values = rows.filter(_bounds(rule, ids)).values_list(*(anchor or "pk" for anchor in rule.anchors))
    anchor_ids = frozenset((index, pk) for row in values for index, pk in enumerate(row) if pk in ids[index])
    if not anchor_ids:
        return False

    def reaches_still(now: Any) -> bool:
        indexes = {index for index, _ in anchor_ids}
        granted = {index: _granted_ids(now, models[index], _codenames(models[index], rule.grants)) for index in indexes}
        return any(pk in granted[index] for index, pk in anchor_ids)

    authority.note(user, ("reached", tuple(models), rule.grants, anchor_ids), reaches_still)
    return True


def require(user: Any, action: str, target: Model | type[Model]) -> None:
    """Raise NotFound if `user` may not even see `target`, NotAllowed if only `action` is not theirs."""
    if allowed(user, action, target):
        return
    if isinstance(target, type) or action == "view" or not allowed(user, "view", target):
        raise NotAllowed if isinstance(target, type) else NotFound
    raise NotAllowed(f"You may see this {target._meta.verbose_name}, but not {action.replace('_', ' ')} it.")


def require_permission(user: Any, permission: str) -> None:
    """Raise NotAllowed unless a role of `user` carries this named permission."""
    if not has_permission(user, permission):
        raise NotAllowed(f"Your roles do not include {permission}.")
    authority.note_scope(user, permission)


def granted_ids(user: Any, model: type[Model], grants: Iterable[str]) -> list[Any]:
    """Ids of `model` on which `user`, or a group of theirs, holds any of `grants`. Read once for a page."""
    codenames, ids = _codenames(model, grants), _granted_once(user, model, grants)
    if ids:
        key = ("granted", model, codenames)
        authority.note(user, key, lambda now: set(ids) <= set(_granted_ids(now, model, codenames)))
    return list(ids)


def _granted_once(user: Any, model: type[Model], grants: Iterable[str]) -> tuple[Any, ...]:
    codenames = _codenames(model, grants)
    return context.memoize(("granted", user.pk, model, codenames), lambda: _granted_ids(user, model, codenames))


def _codenames(model: type[Model], grants: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{grant}_{model._meta.model_name}" for grant in grants)


def _granted_ids(user: Any, model: type[Model], codenames: tuple[str, ...]) -> tuple[Any, ...]:
    tables: Any = (get_user_obj_perms_model(model), get_group_obj_perms_model(model))  # type: ignore[arg-type]
    own, shared = tables[0].objects.filter(user=user), tables[1].objects.filter(group__user=user)
    ids = [rows.filter(permission__codename__in=codenames).values_list("content_object_id") for rows in (own, shared)]
    return tuple(sorted({pk for (pk,) in ids[0].union(ids[1])}))


def grant(principal: Any, action: str, obj: Model) -> None:
    """Hang a grant on `obj` for a user or a group. Services call this; it writes no event of its own."""
    from guardian.shortcuts import assign_perm

    assign_perm(f"{action}_{obj._meta.model_name}", principal, obj)
    context.forget_memo()


def revoke(principal: Any, action: str, obj: Model) -> None:
    """Take a grant away again."""
    from guardian.shortcuts import remove_perm

    remove_perm(f"{action}_{obj._meta.model_name}", principal, obj)
    context.forget_memo()


def _active(user: Any) -> bool:
    return user is not None and getattr(user, "is_authenticated", False) and user.is_active


def _by_role(user: Any, rule: AccessRule) -> bool:
    scope = rule.scope or rule.permission
    if not (has_permission(user, rule.permission) and _within_scopes(user, scope)):
        return False
    authority.note_scope(user, scope)
    return True


def _within_scopes(user: Any, permission: str) -> bool:
    """A scoped token reaches no further than its scopes, whoever owns it."""
    scopes = getattr(user, "token_scopes", None)
    return scopes is None or permission in scopes


def _unbounded(user: Any) -> bool:
    return bool(user.is_superuser or user.kind == "system")


def _anchor_model(model: type[Model], anchor: str) -> type[Model]:
    for step in filter(None, anchor.split("__")):
        related = model._meta.get_field(step).related_model
        if related is None or isinstance(related, str):
            raise ImproperlyConfigured(f"{model._meta.label} has no relation {anchor}")
        model = related
    return model
