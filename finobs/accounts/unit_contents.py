"""What hangs in org units: upper apps register what of theirs does, since accounts knows none of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

# Ids of units to how many there are in each itself; units without any may be left out.
Counter = Callable[[Collection[int]], Mapping[int, int]]
# The unit that moves with all below it, and the units that it will be in no more: why it must stay, or "".
MoveCheck = Callable[[Collection[int], Collection[int]], str]


@dataclass(frozen=True, slots=True)
class Content:
    """One kind of thing that hangs in units, in the plural. in_use: how many that keep a unit from being closed."""

    name: str
    count: Counter
    in_use: Counter


_contents: list[Content] = []
_move_checks: list[MoveCheck] = []


def register(name: str, count: Counter, in_use: Counter | None = None) -> None:
    """Say what hangs in units, in the order of their columns. Called from AppConfig.ready()."""
    _contents.append(Content(name, count, in_use or count))


def register_move_check(check: MoveCheck) -> None:
    """Say what may forbid that a unit moves elsewhere in the tree."""
    _move_checks.append(check)


def names() -> list[str]:
    return [content.name for content in _contents]


def counts(units: Collection[int]) -> dict[int, dict[str, int]]:
    """Of each unit, how many of each kind hang in it itself. One statement for each kind."""
    by_name = {content.name: content.count(units) for content in _contents}
    return {unit: {name: of.get(unit, 0) for name, of in by_name.items()} for unit in units}


def in_use(unit: int) -> list[str]:
    """What keeps the unit from being closed, in words: "2 sources"."""
    numbers = ((content.name, content.in_use([unit]).get(unit, 0)) for content in _contents)
    return [f"{number} {name}" for name, number in numbers if number]


def why_not_move(units: Collection[int], left: Collection[int]) -> str:
    """Why these units (one, and all below it) cannot leave those that they are in; "" if they can."""
    return next(filter(None, (check(units, left) for check in _move_checks)), "")
