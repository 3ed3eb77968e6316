"""What a write rests on, read again before it commits.

A request reads who acts when it begins; then it waits, for a lock or for its turn. Meanwhile its actor may have been
deactivated, have lost a role or a grant, or their session or token may be over. So the frame of every service
(`core.service`) remembers for whom it acts, and every permission and grant for which `core.access` said yes. All of it
is read again when the work is done, after whatever it waited for; the rows of the people it rests on are share-locked
from there to the commit, and what takes authority away locks the same rows exclusively first (`settle`).

A service needs to do nothing for this, and cannot leave it out. Who stands how is known to `accounts`, which installs
itself when the apps start; without it nobody writes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from django.contrib.auth import get_user_model

from . import context
from .db.locks import lock_shared
from .db.pipeline import pipeline
from .errors import Conflict, FinobsError, NotAllowed

# Given the id of the user, ask again; given the user as they are now, say whether what was granted still is. All that
# was granted is asked in one go, and looked at afterwards.
Judge = Callable[[Any], bool]
Fact = Callable[[int], Judge]
LOST_MESSAGE: Final = (
    "Your account, your session or token, your roles or your grants have changed since this began. Nothing was done."
)


class Register(Protocol):
    """Where it is known how somebody stands now."""

    def read_again(self, user: Any) -> Callable[[], Any]:
        """Ask for `user` as they are now, with the limits of what they signed in with; the answer is fetched later."""

    def stands(self, user: Any, current: Any) -> bool:
        """May whoever signed in as `user` still act: account, session or token?"""

    def require_write_scope(self, user: Any, scopes: set[str]) -> None:
        """Raise NotAllowed where `user` is a scoped token and none of `scopes`, which it was asked for, writes."""


_register: Register | None = None


def install(register: Register) -> None:
    global _register
    _register = register


@dataclass(slots=True)
class _Frame:
    """One outermost service. `facts` by user and key, in the order in which they were asked for.

    A user stands there with the key "standing" when the service acts for them, and with "settled" once nobody else can
    change how they stand. By instance, not by id: one person may be there twice, by a token and as an earlier voter.
    """

    actor: Any
    facts: dict[tuple[int, Hashable], tuple[Any, Fact]] = field(default_factory=dict)
    scopes: set[str] = field(default_factory=set)

    def add(self, user: Any, key: Hashable, fact: Fact) -> None:
        self.facts.setdefault((id(user), key), (user, fact))

    def forget_after(self, count: int) -> None:
        """What was rolled back rests on nothing."""
        while len(self.facts) > count:
            self.facts.popitem()


_frame: ContextVar[_Frame | None] = ContextVar("finobs_authority", default=None)


@contextmanager
def frame(actor: Any) -> Iterator[None]:
    """Run a service that acts for `actor` (None: the service says by itself for whom); enter it in its transaction.

    At the end of the outermost one everything is read again. Raises NotAllowed when the actor's authority has been
    lost, Conflict when somebody else's has (an approver's, for whom another acts): the transaction rolls back.
    """
    outer = _frame.get()
    if outer is None:
        yield from _outermost(actor)
        return
    count = len(outer.facts)
    try:
        rely_on(actor)
        yield
    except Exception:
        outer.forget_after(count)
        raise


def _outermost(actor: Any) -> Iterator[None]:
    own = _Frame(actor)
    token = _frame.set(own)
    try:
        with context.remembering():
            rely_on(actor)
            yield
            _confirm(own)
    finally:
        _frame.reset(token)


def rely_on(user: Any) -> None:
    """The present service acts for `user`, or in their name."""
    own = _frame.get()
    if own is not None and user is not None:
        own.add(user, "standing", _stands)


def note(user: Any, key: Hashable, fact: Fact) -> None:
    """Something that `key` names was granted to `user`: the present service, if there is one, rests on it."""
    own = _frame.get()
    if own is not None:
        own.add(user, "standing", _stands)
        own.add(user, key, fact)


def note_scope(user: Any, permission: str) -> None:
    """A scoped token was asked for this scope, and has it."""
    own = _frame.get()
    if own is not None and user is own.actor:
        own.scopes.add(permission)


def settle(pk: int) -> None:
    """The present service has locked user `pk` exclusively and is about to change how they stand: confirm now.

    Whatever it then changes itself, such as its actor's own session, is no loss of theirs.
    """
    own = _frame.get()
    if own is not None:
        users = {id(user): user for user, _ in own.facts.values() if user.pk == pk}
        for user in users.values():
            _ask_again(own, user)()
            own.add(user, "settled", _stands)


def _confirm(own: _Frame) -> None:
    users = {id(user): user for user, _ in own.facts.values()}
    users = {key: user for key, user in users.items() if _open_facts(own, user)}
    if users:
        # In one go: each decision waits for it. Later statements see what the first one has waited for.
        with pipeline():
            lock_shared(get_user_model(), {user.pk for user in users.values()})
            confirmations = [_ask_again(own, user) for user in users.values()]
        for confirm in confirmations:
            confirm()
    if own.actor is not None:
        _installed().require_write_scope(own.actor, own.scopes)


def _ask_again(own: _Frame, user: Any) -> Callable[[], None]:
    """Ask how `user` stands and for all that was granted to them. What is returned raises what has been lost."""
    facts = _open_facts(own, user)
    fetch = _installed().read_again(user)
    judges = [fact(user.pk) for key, fact in facts.items() if key != "standing"]

    def confirm() -> None:
        # What is asked again must not be noted again.
        token = _frame.set(None)
        try:
            current = fetch()
            if "standing" in facts and not (current is not None and _installed().stands(user, current)):
                raise _loss(own, user)
            if not all(judge(current) for judge in judges):
                raise _loss(own, user)
        finally:
            _frame.reset(token)

    return confirm


def _stands(_: int) -> Judge:
    """Of a key that says something by being there."""
    return bool


def _open_facts(own: _Frame, user: Any) -> dict[Hashable, Fact]:
    """What is yet to be confirmed of `user`: all, or what was asked for since they were settled."""
    facts: dict[Hashable, Fact] = {}
    for (owner, key), (_, fact) in own.facts.items():
        if owner == id(user):
            if key == "settled":
                facts.clear()
            else:
                facts[key] = fact
    return facts


def _loss(own: _Frame, user: Any) -> FinobsError:
    if user is own.actor:
        return NotAllowed(LOST_MESSAGE)
    return Conflict(f"The roles or grants of {user} have changed in this moment. Nothing was done; try again.")


def _installed() -> Register:
    if _register is None:
        raise NotAllowed("Nobody knows how anybody stands: accounts are not installed.")
    return _register
