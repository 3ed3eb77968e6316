"""How many incidents and cases one person may hold at a time, as the policy of assignment says."""

from __future__ import annotations

import json
from collections.abc import Collection

from finobs.accounts.models import User
from finobs.core.db.locks import try_locks, wait_for_lock
from finobs.core.errors import Conflict

from ..choices import PolicyKind
from ..policies.in_force import policy_in_force
from ..policies.shipped import ASSIGNMENT
from ..queries import held_counts


class HoldingLimit(Conflict):
    """Who takes something holds as many as one person may."""

    code, title = "holding-limit", "You hold as many as one person may"


def require_room(actor: User, most: int) -> None:
    """For who takes something for themselves. Raises HoldingLimit."""
    if why := why_no_more(actor, most, is_self=True):
        raise HoldingLimit(why)


def why_no_more(person: User, most: int, *, is_self: bool = False) -> str:
    """Why a person can hold nothing more; "" if they can. Asks nothing where there is no limit (0). is_self: it is told
    to that person.

    Until the end of the transaction nobody else gives them anything, so that two at once cannot both be the last one.
    """
    if not most:
        return ""
    wait_for_lock(_lock_name(person.pk))
    if held_counts([person.pk])[person.pk] < most:
        return ""
    who = "You hold" if is_self else f"{person} holds"
    return f"{who} {most:,} already, and nobody may hold more. Finish or release something first."


def ready_to_receive(people: Collection[int]) -> set[int]:
    """Those of these people whom nobody is giving anything this moment; until the end of the transaction nobody will.

    None is waited for: who gives to many at once would wait in a circle with others.
    """
    by_name = {_lock_name(person): person for person in people}
    return {by_name[name] for name in try_locks(sorted(by_name))}


def _lock_name(person_id: int) -> str:
    return f"held by {person_id}"


def most_held() -> int:
    """The limit in force; 0: none."""
    limit: int = policy_in_force(PolicyKind.ASSIGNMENT, ASSIGNMENT).content["most_held"]
    return limit


def most_held_of(content: str | None) -> int:
    """The same of the text of a version; None: nobody has changed what finobs ships, which has no limit."""
    return int(json.loads(content)["most_held"]) if content else 0
