from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.db import connection

from finobs.core.db.dialect import joined_text

from .models import User

# In no name: a control character, which forms refuse.
ROLE_SEPARATOR: Final = "\x1f"
_names: dict[int, str] = {}


class RolePermissionBackend(ModelBackend):
    """Signs in people only; machines use tokens, and finobs's own processes never sign in."""

    def user_can_authenticate(self, user: object) -> bool:
        # A password of a machine account would be a second way in beside its tokens, without their scopes.
        return getattr(user, "kind", "") == "human" and super().user_can_authenticate(user)  # type: ignore[arg-type]

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """As Django says, in one statement in place of two: every request of a machine asks this once."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj)
        if not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = _permissions(user_obj.pk)
        names: set[str] = user_obj._perm_cache
        return names


def _permissions(pk: int) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_query("permission_id").format(user="%s"), [pk, pk])
        return _permission_names(pk for (pk,) in cursor.fetchall())


def rights_sql(column: str) -> str:
    """Two columns for a statement that reads a user anyway, whose id is in `column`: the ids of their permissions and
    the names of their roles, each as one text."""
    through = User.groups.through._meta.db_table
    roles = (
        f"SELECT {joined_text('g.name', ROLE_SEPARATOR)} FROM {Group._meta.db_table} g "  # noqa: S608
        f"JOIN {through} m ON m.group_id = g.id WHERE m.user_id = {column}"
    )
    return f"({_query(joined_text('permission_id')).format(user=column)}), ({roles})"


def cache_rights(user: User, permissions: str | None, roles: str | None) -> None:
    """Spare this user's first question for permissions, and for the roles that events name, the statement for it."""
    user.roles_as_read = tuple((roles or "").split(ROLE_SEPARATOR)) if roles else ()
    if not user.is_superuser:
        user._perm_cache = _permission_names(map(int, (permissions or "").split()))  # type: ignore[attr-defined]


def _permission_names(ids: Iterable[int]) -> set[str]:
    # Kept for the life of the process: names never change, and new permissions come by migration, with new ids.
    pks = set(ids)
    if not pks <= _names.keys():
        rows = Permission.objects.values_list("pk", "content_type__app_label", "codename")
        _names.update((pk, f"{app}.{codename}") for pk, app, codename in rows)
    return {_names[pk] for pk in pks}


def clear_permission_cache(**_: Any) -> None:
    """Permissions may be others now: something migrated."""
    _names.clear()


@cache
def _query(columns: str) -> str:
    own, groups = User.user_permissions.through._meta.db_table, User.groups.through._meta.db_table
    return (
        f"SELECT {columns} FROM (SELECT permission_id FROM {own} WHERE user_id = {{user}} UNION ALL "  # noqa: S608
        f"SELECT gp.permission_id FROM {Group.permissions.through._meta.db_table} gp "
        f"JOIN {groups} g ON g.group_id = gp.group_id WHERE g.user_id = {{user}}) AS permissions"
    )
