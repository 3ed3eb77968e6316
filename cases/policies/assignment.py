"""What the policy of assignment says: what finobs gives to people, how much one may hold, and who is away. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any


class Assignment:
    """One version's content, ready to be asked. `most_held`: 0 is no limit."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.most_held: int = content["most_held"]
        self._automatic = {(each["queue"], each["level"]) for each in content["automatic"]}
        self._absent = [(each["person"], date.fromisoformat(each["until"])) for each in content["absent"]]

    def queues(self, level: str) -> set[str]:
        """Slugs of the queues whose new items of that level are given to people."""
        return {queue for queue, of in self._automatic if of == level}

    def absent(self, on: date) -> set[int]:
        """Who is away on a day; the last day of an absence is one of it."""
        return {person for person, until in self._absent if on <= until}


def least_loaded(loads: Mapping[int, int]) -> int | None:
    """Who has the least; of several, who has been here longest. None for nobody.

    >>> least_loaded({7: 2, 3: 1, 5: 1})
    3
    """
    return min(loads, key=lambda person: (loads[person], person), default=None)
