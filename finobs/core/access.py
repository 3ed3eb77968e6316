"""Object permissions: one decision, two choke points. No other file imports guardian, but for
`admin_grants`, which shows its pages.

`restrict` narrows every read, `require` guards every write. Both read one table of rules that the apps fill from
their `policy.py` when they start. A rule names the role permission that is always needed and, where more is asked,
the grants any of which is enough and the anchors those grants hang on (a queue, an org unit, or the object itself).
A grant on a node of a tree holds for all below it, and for what is in a container that hangs there.

Nobody, anonymous and inactive people get nothing. System processes and superusers need no grants; neither is a way
around the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from . import authority, context, reach
from .access_rules import (
    AccessRule,
    anchor_model,
    container_path,
    narrow,
    register,
    register_container,
    register_tree,
    rule_for,
    rules,
    tree_of,
)
from .db.grants import ContainerTables, GrantTables, send_granted
from .errors import NotAllowed, NotFound

__all__ = [
    "AccessRule", "GroupGrant", "UserGrant", "allowed", "grant", "granted_ids", "has_permission", "is_unbounded",
    "narrow",
    "register", "register_container", "register_tree", "require", "require_permission", "restrict", "revoke",
    "rule_for", "rules",
]  # fmt: skip

M = TypeVar("M", bound=Model)

# Bases for tables of direct-foreign-key grants; apps take them from here.
UserGrant = UserObjectPermissionBase
GroupGrant = GroupObjectPermissionBase


def has_permission(user: Any, permission: str) -> bool:
    """Does one of the user's roles carry this named permission? Of a token that is bound to sources: no, for what it
    may do is of those only."""
    return _sources_of(user) is None and _has_role_for(user, permission)


def _has_role_for(user: Any, permission: str) -> bool:
    holds = _holds(user, permission)
    if holds:
        authority.note(user, permission, lambda _: lambda now: _holds(now, permission))
    return holds


def _holds(user: Any, permission: str) -> bool:
    return bool(
        _active(user)
        and _within_scopes(user, permission)
        and (is_unbounded(user) or user.has_perm(f"accounts.{permission}"))
    )


def restrict(queryset: QuerySet[M], user: Any, action: str) -> QuerySet[M]:
    """The rows of `queryset` on which `user` may do `action`."""
    rule = rule_for(queryset.model, action)
    if not _by_role(user, rule):
        return queryset.none()
    return _with_companions(_anchored(queryset, user, rule), user, rule)


def _anchored(queryset: QuerySet[M], user: Any, rule: AccessRule) -> QuerySet[M]:
    """What came by the sources of the user's token, and a grant of theirs reaches."""
    queryset = _of_sources(queryset, user, rule)
    if not rule.grants or is_unbounded(user):
        return queryset
    # Ids first, then IN: an id list is served by the index, a sub-query walks it (measured, ecosystem section 5).
    ids = _ids(user, queryset.model, rule)
    if _root(queryset.model, rule, ids) is not None:
        return queryset
    return reach.within(queryset, _bounds(rule, ids))


def _with_companions(queryset: QuerySet[M], user: Any, rule: AccessRule) -> QuerySet[M]:
    """Those whose companions are visible too; without a condition where all rows of that model are."""
    for name in rule.companions:
        others = restrict(anchor_model(queryset.model, name)._default_manager.all(), user, "view")
        if others.query.where:
            queryset = queryset.filter(**{f"{name}__in": others})
    return queryset


def _ids(user: Any, model: type[Model], rule: AccessRule) -> list[Collection[Any]]:
    """Of each anchor, the ids that a grant of `user` reaches."""
    return [granted_ids(user, anchor_model(model, anchor), rule.grants) for anchor in rule.anchors]


def _root(model: type[Model], rule: AccessRule, ids: Sequence[Collection[Any]]) -> tuple[int, Any] | None:
    """The number of an anchor that has the root of a tree among its ids, and that root: then all is reached, and no
    condition need say so."""
    for place, (anchor, some) in enumerate(zip(rule.anchors, ids, strict=True)):
        tree = tree_of(anchor_model(model, anchor))
        if tree is not None and tree.root in some:
            return place, tree.root
    return None


def _of_sources(queryset: QuerySet[M], user: Any, rule: AccessRule) -> QuerySet[M]:
    """What came by the sources that the user's token is bound to; all, for everybody else."""
    sources = _sources_of(user)
    if sources is None:
        return queryset
    if rule.source is None:
        return queryset.none()
    bounds = Q()
    for path in (rule.source,) if isinstance(rule.source, str) else rule.source:
        bounds |= Q(**{f"{path}__slug__in" if path else "slug__in": sorted(sources)})
    return queryset.filter(bounds)


def _bounds(rule: AccessRule, ids: Sequence[Collection[Any]]) -> Q:
    """What hangs on an anchor whose id is among `ids` of that anchor."""
    bounds = Q()
    for anchor, some in zip(rule.anchors, ids, strict=True):
        if some:
            bounds |= Q(**{f"{anchor or 'pk'}__in": some})
    # An empty condition is none: everything would be reached.
    return bounds or Q(pk__in=[])


def allowed(user: Any, action: str, target: Model | type[Model]) -> bool:
    """May `user` do `action` to this object? For a class: has the user the role permission for it at all?"""
    if isinstance(target, type):
        return _by_role(user, rule_for(target, action))
    rule = rule_for(type(target), action)
    if not _by_role(user, rule):
        return False
    is_bound = _sources_of(user) is not None
    if target.pk is None or not (rule.grants or is_bound):
        return True
    key = ("allowed", user.pk, action, type(target), target.pk)
    return context.memoize_while_reading(key, lambda: _allowed_on(target, user, rule, is_bound))


def _allowed_on(target: Model, user: Any, rule: AccessRule, is_bound: bool) -> bool:
    if not all(allowed(user, "view", getattr(target, name)) for name in rule.companions):
        return False
    rows: QuerySet[Any] = _of_sources(type(target)._default_manager.filter(pk=target.pk), user, rule)
    if is_unbounded(user) or not rule.grants:
        return rows.exists()
    return (not is_bound or rows.exists()) and _is_reached(rows, target.pk, user, rule)


def _is_reached(rows: QuerySet[Any], pk: Any, user: Any, rule: AccessRule) -> bool:
    """Does a grant of `user` reach this row, whose id is `pk`?

    What is noted is of its anchors only: other grants may be lost meanwhile.
    Of its anchors as they are now, for whoever moves it somewhere else loses nothing by that.
    """
    models = [anchor_model(rows.model, anchor) for anchor in rule.anchors]
    ids: list[Collection[Any]] = [_granted_once(user, model, rule.grants) for model in models]
    root = _root(rows.model, rule, ids)
    if root is not None:
        return _reached(user, rule, models, frozenset({root}))
    # What grants hang on itself is there while they are.
    itself = rule.anchors == ("",)
    values: Any = [(pk,)]
    if not itself:
        # Looked up by the key alone: 250 others that the person has in the statement would only be planned for.
        values = rows.values_list(*(anchor or "pk" for anchor in rule.anchors))
    anchor_ids = frozenset((index, each) for row in values for index, each in enumerate(row) if each in ids[index])
    return _reached(user, rule, models, anchor_ids)


def _reached(
    user: Any, rule: AccessRule, models: Sequence[type[Model]], anchor_ids: frozenset[tuple[int, Any]]
) -> bool:
    """Note that these of its anchors (number, id) are granted, for the commit to ask again; False if there are none."""
    if not anchor_ids:
        return False

    def ask_again(user_id: int) -> Callable[[Any], bool]:
        questions = {index: (models[index], _codenames(models[index], rule.grants)) for index, _ in anchor_ids}
        fetches = {index: _send_granted(user_id, *each) for index, each in questions.items()}

        def reaches_still(_: Any) -> bool:
            granted = {index: fetch() for index, fetch in fetches.items()}
            return any(pk in granted[index] for index, pk in anchor_ids)

        return reaches_still

    authority.note(user, ("reached", tuple(models), rule.grants, anchor_ids), ask_again)
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


def granted_ids(user: Any, model: type[Model], grants: Iterable[str], *, is_relied_on: bool = True) -> list[Any]:
    """Ids of `model` on which `user`, or a group of theirs, holds any of `grants`. Read once for a page.

    is_relied_on: False for an act that does not rest on them, and may take some of them away.
    """
    codenames, ids = _codenames(model, grants), _granted_once(user, model, grants)
    if ids and is_relied_on:

        def ask_again(user_id: int) -> Callable[[Any], bool]:
            fetch = _send_granted(user_id, model, codenames)
            return lambda _: set(ids) <= set(fetch())

        authority.note(user, ("granted", model, codenames), ask_again)
    return list(ids)


def _granted_once(user: Any, model: type[Model], grants: Iterable[str]) -> tuple[Any, ...]:
    codenames = _codenames(model, grants)
    return context.memoize(("granted", user.pk, model, codenames), lambda: _send_granted(user.pk, model, codenames)())


def _codenames(model: type[Model], grants: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{grant}_{model._meta.model_name}" for grant in grants)


def _send_granted(user_id: int, model: type[Model], codenames: tuple[str, ...]) -> Callable[[], tuple[Any, ...]]:
    return send_granted(_grant_tables(model), user_id, codenames, _container_tables(model, codenames))


def _grant_tables(model: type[Model]) -> GrantTables:
    own: Any = get_user_obj_perms_model(model)  # type: ignore[arg-type]
    shared: Any = get_group_obj_perms_model(model)  # type: ignore[arg-type]
    tree = tree_of(model)
    return GrantTables(own, shared, None if tree is None else tree.closure)


def _container_tables(model: type[Model], codenames: tuple[str, ...]) -> ContainerTables | None:
    """What rows of `model` hang in, with the grants there that say the same: "work_queue" is "work_orgunit"."""
    path = container_path(model)
    if path is None:
        return None
    node, suffix = anchor_model(model, path), f"_{model._meta.model_name}"
    column: Any = model._meta.get_field(path)
    grants = (codename.removesuffix(suffix) for codename in codenames)
    return ContainerTables(model, column.column, _grant_tables(node), _codenames(node, grants))


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
    if not (_has_role_for(user, rule.permission) and _within_scopes(user, scope)):
        return False
    if rule.source is None and _sources_of(user) is not None:
        return False
    authority.note_scope(user, scope)
    return True


def _within_scopes(user: Any, permission: str) -> bool:
    """A scoped token reaches no further than its scopes, whoever owns it."""
    scopes = getattr(user, "token_scopes", None)
    return scopes is None or permission in scopes


def _sources_of(user: Any) -> frozenset[str] | None:
    """The sources that the user's token is bound to, by their slugs; None: to none."""
    return getattr(user, "token_sources", None)


def is_unbounded(user: Any) -> bool:
    """Does `user` need no grants?"""
    return bool(user.is_superuser or user.kind == "system")
