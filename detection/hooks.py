"""What upper rooms hang on alerts: the one gatherer of new alerts, and where an alert is being worked."""

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


class Gatherer(Protocol):
    def __call__(self, *, alerts: Sequence[Alert]) -> None: ...


class Locator(Protocol):
    def __call__(self, user: Any, alert: Alert) -> Place | None: ...


_gatherer: Gatherer | None = None
_locator: Locator | None = None


def register_gatherer(function: Gatherer) -> None:
    """Install what gathers alerts into cases. Called by `cases` when it starts."""
    global _gatherer
    _gatherer = function


def register_locator(function: Locator) -> None:
    """Install what knows the case of an alert, as far as `user` may see it."""
    global _locator
    _locator = function


def gather(alerts: Sequence[Alert]) -> None:
    """Hand new alerts on, in the transaction that raises them. Raises ImproperlyConfigured without a gatherer."""
    if not alerts:
        return
    if _gatherer is None:
        raise ImproperlyConfigured("no gatherer is registered: an alert would reach nobody")
    _gatherer(alerts=alerts)


def place(user: Any, alert: Alert) -> Place | None:
    return _locator(user, alert) if _locator is not None else None
