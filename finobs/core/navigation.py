"""What the shell around every page needs: navigation by permission, and the counters in the header.

Everything here is lazy: a page that shows no navigation (sign-in, a fault) asks the database nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject, cached_property

from . import access

Counter = Callable[[Any], int]


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A place in the navigation: shown to those whose roles carry `permission` ("" for every signed-in person)."""

    name: str
    label: str
    icon: str
    permission: str
    go: str = ""
    counter: str = ""
    group: str = ""
    staff: bool = False
    counted: str = ""
    near: str = ""  # a list without an entry of its own whose pages belong here too


NAVIGATION: tuple[NavigationEntry, ...] = (
    NavigationEntry("cases:my-work", "My work", "inbox", "compliance:read", go="m", counter="sla", counted="due soon"),
    NavigationEntry("cases:queue-list", "Queues", "stack-2", "compliance:read", go="q"),
    NavigationEntry("cases:incident-list", "Incidents", "hierarchy", "compliance:read", go="i"),
    NavigationEntry("detection:alert-list", "Alerts", "bell", "anomaly:read", go="a"),
    NavigationEntry(
        "approvals:inbox", "Approvals", "checks", "compliance:read", go="p", counter="approvals", counted="to approve"
    ),
    NavigationEntry(
        "transactions:transaction-list", "Transactions", "arrows-exchange", "transaction:read", go="t", group="Data"
    ),
    NavigationEntry("transactions:account-list", "Accounts", "building-bank", "transaction:read", go="c", group="Data"),
    NavigationEntry(
        "transactions:batch-list",
        "Batches",
        "database-import",
        "transaction:read",
        go="b",
        group="Data",
        near="detection:reassessment-list",
    ),
    NavigationEntry(
        "transactions:quarantine-list", "Quarantine", "alert-triangle", "transaction:read", go="u", group="Data"
    ),
    NavigationEntry("detection:rule-list", "Rules", "adjustments", "model:read", go="r", group="Detection"),
    NavigationEntry(
        "detection:model-list",
        "Models",
        "chart-line",
        "model:read",
        go="o",
        group="Detection",
        near="detection:training-list",
    ),
    NavigationEntry("ledger:event-list", "Ledger", "shield-check", "audit:read", go="l", group="Records"),
    NavigationEntry("admin:index", "Admin", "settings", "", go="d", group="Records", staff=True),
)

ACCOUNT_LINKS: tuple[tuple[str, str, str], ...] = (
    ("accounts:profile", "Profile", "user-circle"),
    ("accounts:token-list", "API tokens", "key"),
    ("accounts:session-list", "Sessions", "devices"),
    ("accounts:password-change", "Change password", "lock"),
)

_counters: dict[str, Counter] = {}


def register_counter(name: str, function: Counter) -> None:
    """Let an upper app say what the header counts: `function(user)`. Names in use: "approvals", "sla"."""
    _counters[name] = function


def count(name: str, user: Any) -> int:
    return _counters[name](user) if name in _counters else 0


def address(name: str, *args: Any) -> str:
    """The URL of a page, or nothing while no app serves it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One navigation entry as this person sees it on this page."""

    entry: NavigationEntry
    url: str
    active: bool
    count: int


@dataclass(frozen=True, slots=True)
class NavigationGroup:
    label: str
    items: list[NavigationItem]


@dataclass(frozen=True, slots=True)
class NavigationLink:
    url: str
    label: str
    icon: str


class Shell:
    """What `_shell/page.html` reads, worked out on first use."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = getattr(request, "user", None)
        self._counted: dict[str, int] = {}

    @cached_property
    def signed_in(self) -> bool:
        return bool(self.user is not None and self.user.is_authenticated)

    @cached_property
    def items(self) -> list[NavigationItem]:
        """Every place that this person may open, in order."""
        open_to = [(entry, url) for entry in NAVIGATION if self._may(entry) and (url := address(entry.name))]
        places = {url: url for _, url in open_to} | {
            also: url for entry, url in open_to if entry.near and (also := address(entry.near))
        }
        here = places.get(_nearest([*places], self.here), "")
        return [NavigationItem(entry, url, url == here, self._count(entry.counter)) for entry, url in open_to]

    @cached_property
    def groups(self) -> list[NavigationGroup]:
        named = groupby(self.items, key=lambda item: item.entry.group)
        return [NavigationGroup(label, list(items)) for label, items in named]

    @cached_property
    def account(self) -> list[NavigationLink]:
        return [NavigationLink(url, label, icon) for name, label, icon in ACCOUNT_LINKS if (url := address(name))]

    @cached_property
    def approvals(self) -> int:
        return self._count("approvals")

    @cached_property
    def at_risk(self) -> int:
        return self._count("sla")

    @cached_property
    def search(self) -> str:
        return address("cases:search") if access.has_permission(self.user, "compliance:read") else ""

    @property
    def query(self) -> str:
        """What was searched for, when this is the page of results."""
        return self.request.GET.get("q", "") if self.here == self.search else ""

    @cached_property
    def my_work(self) -> str:
        return self._url("cases:my-work")

    @cached_property
    def inbox(self) -> str:
        return self._url("approvals:inbox")

    @property
    def here(self) -> str:
        return self.request.path

    @property
    def sign_in(self) -> str:
        return address("accounts:sign-in")

    @property
    def sign_out(self) -> str:
        return address("accounts:sign-out")

    def _url(self, name: str) -> str:
        return next((item.url for item in self.items if item.entry.name == name), "")

    def _count(self, name: str) -> int:
        if name and name not in self._counted:
            self._counted[name] = count(name, self.user)
        return self._counted.get(name, 0)

    def _may(self, entry: NavigationEntry) -> bool:
        if not self.signed_in or (entry.staff and not self.user.is_staff):
            return False
        return not entry.permission or access.has_permission(self.user, entry.permission)


def _nearest(urls: list[str], path: str) -> str:
    """The longest address that `path` lies under: /cases/queues/x/ is under Queues, not under My work."""
    return max((url for url in urls if path.startswith(url)), key=len, default="")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
