"""What a scene is, and what several of them are made of."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from cases.models import Case, Queue
from detection.models import ModelVersion
from finobs.accounts import services as accounts
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from tests import factories

DAY: Final = timedelta(days=1)
REASON: Final = "For the best."
numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Scene:
    """Calling `act(person)` goes well, unless whoever it rests on has lost something.

    person: on whom it rests; the actor, but for approvals, where the requester is another than the voter.
    grant: (queue, action) without which it does not go.
    takes_tokens: a token with every scope may make the call.
    event: of the act, where a refusal is itself written down: a request for approval that nobody can carry out is void.
    """

    person: User
    act: Callable[[User], Any]
    grant: tuple[Queue, str] | None = None
    takes_tokens: bool = True
    is_actor: bool = True
    event: str = ""


SCENES: dict[str, Callable[[], Scene]] = {}


def scene(build: Callable[[], Scene]) -> Callable[[], Scene]:
    """Of the service of the same name."""
    SCENES[build.__name__.removeprefix("of_")] = build
    return build


def admin() -> User:
    return factories.user("Ada Admin", role="admin", is_staff=True)


def superuser() -> User:
    return factories.user("Sue Superuser", is_staff=True, is_superuser=True)


def member(grant: str = "work", role: str = "analyst") -> tuple[User, Queue]:
    person, queue = factories.user("Ana Analyst", role=role), factories.queue()
    factories.grant(person, grant, queue)
    return person, queue


def on_case(act: Callable[[User, Case], Any], grant: str = "work", role: str = "analyst", **fields: Any) -> Scene:
    """An act on a free case of the person's queue."""
    person, queue = member(grant, role)
    case = factories.case(inside=queue, **fields)
    return Scene(person, lambda actor: act(actor, case), (queue, grant))


def by_admin(act: Callable[[User], Any]) -> Scene:
    return Scene(admin(), act)


def own(act: Callable[[User], Any]) -> Scene:
    """What one does to what is one's own, signed in."""
    return Scene(factories.user("Olga Own", role="analyst"), act, takes_tokens=False)


def by_finobs(act: Callable[[User], Any]) -> Scene:
    return Scene(system_actor("scene"), act, takes_tokens=False)


def session_of(user: User) -> Any:
    digest = f"of a scene {next(numbers)}"
    return accounts.session_open(actor=user, digest=digest, ip="10.0.0.1", user_agent="Firefox")


def unsaved_version() -> ModelVersion:
    version = factories.model_version()
    ModelVersion.objects.filter(pk=version.pk).delete()
    version.pk, version._state.adding = None, True
    return version
