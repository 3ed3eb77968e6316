"""What upper rooms hang on alerts: what gathers new ones, where one is being worked, and how many a queue can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from .models import Alert


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alert is being worked: what to call it and its address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Capacity:
    """The queue that works a typology: how many alerts a day it can take (None: nobody said) and what goes to it.

    `url` is empty for who may not see the queue.
    """

    queue: str
    url: str
    alerts_a_day: int | None
    typologies: tuple[str, ...]


class Gatherer(Protocol):
    def __call__(self, *, alerts: Sequence[Alert]) -> None: ...


class Locator(Protocol):
    def __call__(self, user: Any, alert: Alert) -> Place | None: ...


class Capacities(Protocol):
    def __call__(self, user: Any, typology: str) -> Capacity | None: ...


_gatherer: Gatherer | None = None
_locator: Locator | None = None
_capacities: Capacities | None = None


def register_gatherer(function: Gatherer) -> None:
    """Install what gathers alerts into cases. Called by `cases` when it starts."""
    global _gatherer
    _gatherer = function


def register_locator(function: Locator) -> None:
    """Install what knows the case of an alert, as far as `user` may see it."""
    global _locator
    _locator = function


def register_capacities(function: Capacities) -> None:
    """Install what knows the queue of a typology. Called by `cases` when it starts."""
    global _capacities
    _capacities = function


def capacity(user: Any, typology: str) -> Capacity | None:
    """The queue that works this typology; None where there is none."""
    return _capacities(user, typology) if _capacities is not None else None


def gather(alerts: Sequence[Alert]) -> None:
    """Hand new alerts on, in the transaction that raises them. Raises ImproperlyConfigured without a gatherer."""
    if not alerts:
        return
    if _gatherer is None:
        raise ImproperlyConfigured("no gatherer is registered: an alert would reach nobody")
    _gatherer(alerts=alerts)


def place(user: Any, alert: Alert) -> Place | None:
    return _locator(user, alert) if _locator is not None else None
