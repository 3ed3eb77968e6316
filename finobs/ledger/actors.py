"""Who an event says did it: name, address and roles as they were then, sealed with the event.

A user may be renamed, and lose a role: what they did stays the act of who they were. What somebody did with a command
or in a shell is the act of the operating system's user, on behalf of whomever they named (`core.process`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from finobs.accounts.system import system_actor
from finobs.core import context, process
from finobs.core.identity import roles_of

from .canonical import Canonical

OPERATOR_NAME: Final = "operator"
_CACHE: Final = "_ledger_identity"


class EventActor(NamedTuple):
    """The actor of an event as of then. `on_behalf_of`: as whom an operator did it."""

    kind: str
    id: str
    name: str
    address: str = ""
    roles: tuple[str, ...] = ()
    on_behalf_of: EventActor | None = None

    def __str__(self) -> str:
        return f"{self.name}, as {self.on_behalf_of}" if self.on_behalf_of else self.name


def acting(actor: Any) -> tuple[Any, dict[str, Canonical]]:
    """The row that stands for whoever acts, and what the event says of them. `actor` is a User."""
    operator = process.operator()
    if operator is None:
        return actor, _identity(actor)
    account = system_actor(OPERATOR_NAME)
    block: dict[str, Canonical] = {
        "type": OPERATOR_NAME, "id": str(account.pk), "name": operator.user, "address": operator.address, "roles": [],
        "host": operator.host, "pid": operator.pid, "command": operator.command,
    }  # fmt: skip
    return account, block if actor.pk == account.pk else block | {"on_behalf_of": _identity(actor)}


def acting_user(actor: Any) -> Any:
    """The row that stands for whoever acts: `actor`, or for a command finobs's own account for operators."""
    return actor if process.operator() is None else system_actor(OPERATOR_NAME)


def event_actor(body: bytes, present: Any) -> EventActor:
    """Whom an event names. `present`: the user as they are now, for events from before names were kept in them."""
    return _actor(json.loads(body)["actor"], present)


def _actor(block: Mapping[str, Any], present: Any) -> EventActor:
    if "name" not in block:
        return EventActor(block["type"], block["id"], str(present), present.email)
    inner = block.get("on_behalf_of")
    return EventActor(
        block["type"], block["id"], block["name"], block["address"], tuple(block["roles"]),
        _actor(inner, present) if inner else None,
    )  # fmt: skip


def _identity(actor: Any) -> dict[str, Canonical]:
    """Read once a request: the instance is the request's own."""
    request = context.request_id()
    cached = vars(actor).get(_CACHE)
    if cached is not None and request and cached[0] == request:
        identity: dict[str, Canonical] = cached[1]
        return identity
    identity = {
        "type": str(actor.kind), "id": str(actor.pk), "name": actor.name, "address": actor.email,
        "roles": _roles(actor),
    }  # fmt: skip
    vars(actor)[_CACHE] = (request, identity)
    return identity


def _roles(actor: Any) -> list[str]:
    # Parts of finobs have none, and are asked for in every batch.
    if actor.kind == "system":
        return []
    names = actor.roles if actor.roles_as_read is None else actor.roles_as_read
    return list(roles_of(names, is_superuser=actor.is_superuser))
