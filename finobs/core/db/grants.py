"""What somebody holds grants on, as explicit SQL: every write asks it, and asks again before it commits.

Django would write the statement anew each time, which takes it several times as long as the database needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Model

from .dialect import any_of, table_of
from .pipeline import send


@dataclass(frozen=True, slots=True)
class GrantTables:
    """Where grants on a model are: those of users and those of groups.

    closure: of a tree, the table of each node (`unit`) with each that it is in (`ancestor`), itself among them: a grant
    on one holds for all below it.
    """

    own: type[Model]
    shared: type[Model]
    closure: type[Model] | None = None


@dataclass(frozen=True, slots=True)
class ContainerTables:
    """What rows of `model` are in, by the column `column`: a grant on a node of that tree holds for the rows in it."""

    model: type[Model]
    column: str
    grants: GrantTables
    codenames: tuple[str, ...]


def send_granted(
    tables: GrantTables, user_id: int, codenames: tuple[str, ...], container: ContainerTables | None = None
) -> Callable[[], tuple[int, ...]]:
    """Ask for the ids of objects on which a user, or a group of theirs, holds a permission of one of `codenames`, or
    the container's permission on what they are in.

    One statement. What is returned fetches the answer, once: rising ids.
    """
    condition, value = any_of("p.codename", codenames)
    sql, values = _statement(tables, condition), [user_id, value, user_id, value]
    if container is not None:
        condition, value = any_of("p.codename", container.codenames)
        sql += " UNION " + _contents(container.model, container.column, container.grants, condition)
        values += [user_id, value, user_id, value]
    fetch = send(sql, values)
    return lambda: tuple(sorted(pk for (pk,) in fetch()))


@cache
def _statement(tables: GrantTables, condition: str) -> str:
    named = _named(tables, condition)
    if tables.closure is None:
        return named
    return f"SELECT t.unit_id FROM {table_of(tables.closure)} t WHERE t.ancestor_id IN ({named})"  # noqa: S608


@cache
def _contents(model: type[Model], column: str, tables: GrantTables, condition: str) -> str:
    """Rows of `model` that are in a node, or in one below it, that a grant names."""
    nodes = _statement(tables, condition)
    return f"SELECT c.id FROM {table_of(model)} c WHERE c.{column} IN ({nodes})"  # noqa: S608


def _named(tables: GrantTables, condition: str) -> str:
    permission = f"JOIN {table_of(Permission)} p ON p.id = g.permission_id"
    members = table_of(get_user_model().groups.through)
    return (
        f"SELECT g.content_object_id FROM {table_of(tables.own)} g {permission} "  # noqa: S608
        f"WHERE g.user_id = %s AND {condition} "
        f"UNION SELECT g.content_object_id FROM {table_of(tables.shared)} g {permission} "
        f"JOIN {members} m ON m.group_id = g.group_id WHERE m.user_id = %s AND {condition}"
    )
