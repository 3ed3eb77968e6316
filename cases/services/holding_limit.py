"""How many incidents and cases one person may hold at a time, as the policy of assignment says."""

from __future__ import annotations

import json

from finobs.accounts.models import User

from ..choices import PolicyKind
from ..policies.in_force import policy_in_force
from ..policies.shipped import ASSIGNMENT
from ..queries import held_counts


def why_no_more(person: User, most: int) -> str:
    """Why a person can hold nothing more; "" if they can. One statement; none where there is no limit (0)."""
    if not most or held_counts([person.pk])[person.pk] < most:
        return ""
    return f"{person} holds {most:,} already, and nobody may hold more. Finish or release something first."


def most_held() -> int:
    """The limit in force; 0: none."""
    limit: int = policy_in_force(PolicyKind.ASSIGNMENT, ASSIGNMENT).content["most_held"]
    return limit


def most_held_of(content: str | None) -> int:
    """The same of the text of a version; None: nobody has changed what finobs ships, which has no limit."""
    return int(json.loads(content)["most_held"]) if content else 0
