"""What upper rooms hang on alerts: the one gatherer of new alerts, and where an alert is being worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from datetime import datetime

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


class Outcomes(Protocol):
    def __call__(
        self, accounts: Sequence[int], counterparties: Sequence[int], since: datetime
    ) -> tuple[str, list[Any]]: ...


_gatherer: Gatherer | None = None
_locator: Locator | None = None
_outcomes: Outcomes | None = None


def register_gatherer(function: Gatherer) -> None:
    """Install what gathers alerts into cases. Called by `cases` when it starts."""
    global _gatherer
    _gatherer = function


def register_locator(function: Locator) -> None:
    """Install what knows the case of an alert, as far as `user` may see it."""
    global _locator
    _locator = function


def register_outcomes(function: Outcomes) -> None:
    """Install what writes the statement for transactions that people confirmed. Called by `cases` when it starts."""
    global _outcomes
    _outcomes = function


def confirmed(accounts: Sequence[int], counterparties: Sequence[int], since: datetime) -> list[tuple[str, list[Any]]]:
    """Statements, with their values, for what people confirmed of these accounts and counterparties, of what occurred
    after `since`; their columns are labels.NAMES and since when it is known."""
    return [_outcomes(accounts, counterparties, since)] if _outcomes is not None else []


def gather(alerts: Sequence[Alert]) -> None:
    """Hand new alerts on, in the transaction that raises them. Raises ImproperlyConfigured without a gatherer."""
    if not alerts:
        return
    if _gatherer is None:
        raise ImproperlyConfigured("no gatherer is registered: an alert would reach nobody")
    _gatherer(alerts=alerts)


def place(user: Any, alert: Alert) -> Place | None:
    return _locator(user, alert) if _locator is not None else None
