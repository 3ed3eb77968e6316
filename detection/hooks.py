"""What upper apps register here: what groups new ones, where one is being worked, and how many a queue can take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import ImproperlyConfigured

from .choices import Typology

if TYPE_CHECKING:
    from .models import Alert


# More than a thousand people review in a day: a number beyond it was mistyped.
MAX_ALERTS_A_DAY = 100_000


@dataclass(frozen=True, slots=True)
class AlertLocation:
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


class AlertGrouper(Protocol):
    def __call__(self, *, alerts: Sequence[Alert]) -> None: ...


class AlertLocator(Protocol):
    def __call__(self, user: Any, alert: Alert) -> AlertLocation | None: ...


class CapacityProvider(Protocol):
    def __call__(self, user: Any, typology: str) -> Capacity | None: ...


_alert_grouper: AlertGrouper | None = None
_alert_locator: AlertLocator | None = None
_capacity_provider: CapacityProvider | None = None
_typology_labels: Callable[[], Mapping[str, str]] | None = None


def register_alert_grouper(function: AlertGrouper) -> None:
    """Install what groups alerts into cases. Called by `cases` when it starts."""
    global _alert_grouper
    _alert_grouper = function


def register_alert_locator(function: AlertLocator) -> None:
    """Install what knows the case of an alert, as far as `user` may see it."""
    global _alert_locator
    _alert_locator = function


def register_capacity_provider(function: CapacityProvider) -> None:
    """Install what knows the queue of a typology. Called by `cases` when it starts."""
    global _capacity_provider
    _capacity_provider = function


def register_typologies(labels: Callable[[], Mapping[str, str]]) -> None:
    """Install what knows the typologies that the programmes name. Called by `cases` when it starts."""
    global _typology_labels
    _typology_labels = labels


def typologies() -> Mapping[str, str]:
    """Every typology by its code, in words: those of the programmes, else those that finobs ships."""
    if _typology_labels is None:
        return {code: str(label) for code, label in Typology.choices}
    return _typology_labels()


def typology_choices() -> list[tuple[str, str]]:
    """The same for forms and filters, which call it when they are made."""
    return list(typologies().items())


def capacity(user: Any, typology: str) -> Capacity | None:
    """The queue that works this typology; None where there is none."""
    return _capacity_provider(user, typology) if _capacity_provider is not None else None


def group(alerts: Sequence[Alert]) -> None:
    """Hand new alerts on, in the transaction that raises them. Raises ImproperlyConfigured without a grouper."""
    if not alerts:
        return
    if _alert_grouper is None:
        raise ImproperlyConfigured("no grouper is registered: an alert would reach nobody")
    _alert_grouper(alerts=alerts)


def location(user: Any, alert: Alert) -> AlertLocation | None:
    return _alert_locator(user, alert) if _alert_locator is not None else None
