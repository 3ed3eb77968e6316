"""What the shell around every page needs: places by permission, and what their counters count.

The apps register their entries when they start, as they do everything that goes up: this module names no page of
theirs but signing in and out. Everything is lazy: a page without navigation (sign-in, a fault) asks the database
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject, cached_property

from . import access

Counter = Callable[[Any], int]
# The shell is on every page: nothing is counted further than it shows.
MAX_COUNT: Final = 99

# The parts of the column at the side, in their order; the first has no heading.
WORK, DATA, DETECTION, RECORDS = "", "Data", "Detection", "Records"
SIDE: Final = (WORK, DATA, DETECTION, RECORDS)
# Other parts of the shell: the menu of the person; what the header says where there is anything to count; where its
# search field goes; the bar at the foot of a phone.
ACCOUNT_MENU, HEADER, SEARCH, BOTTOM = "account", "header", "search", "bottom"


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A place that the shell offers to those whose roles carry `permission` ("" for every signed-in person), or
    `or_permission`.

    name: of the page's address. group and order: which part of the shell, and where in it, the least first.
    go: the letter after `g`. counter: whose number stands beside it (`register_counter`), in words `counter_label`; a
    `hot` one stands out.
    """

    name: str
    label: str
    icon: str
    permission: str = ""
    group: str = WORK
    order: int = 0
    go: str = ""
    counter: str = ""
    counter_label: str = ""
    hot: bool = False
    staff: bool = False
    or_permission: str = ""


_STANDS_UNDER: Final = "navigation_place"
_entries: dict[tuple[str, str], NavigationEntry] = {}
_near: dict[str, str] = {}
_counters: dict[str, Counter] = {}


def register(*entries: NavigationEntry) -> None:
    """Add places to the shell. Called from AppConfig.ready()."""
    for entry in entries:
        _entries[(entry.group, entry.name)] = entry


def register_near(name: str, entry: str) -> None:
    """The list `name` has no entry of its own: its pages are under `entry`."""
    _near[name] = entry


def stands_under(request: HttpRequest, entry: str) -> None:
    """This page is under `entry` at the side, whatever its own address lies under."""
    setattr(request, _STANDS_UNDER, address(entry))


def entries(*groups: str) -> list[NavigationEntry]:
    """The entries of these parts of the shell, in order; of all of them without any named."""
    matching = [entry for entry in _entries.values() if not groups or entry.group in groups]
    return sorted(matching, key=lambda entry: (groups.index(entry.group) if groups else 0, entry.order))


def register_counter(name: str, function: Counter) -> None:
    """Let an upper app say what the shell counts: `function(user)`, which need not count beyond `MAX_COUNT` + 1.

    Names in use: "approvals", "sla".
    """
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
    """One entry as this person sees it on this page."""

    entry: NavigationEntry
    url: str
    active: bool
    count: int

    @property
    def count_text(self) -> str:
        return str(self.count) if self.count <= MAX_COUNT else f"{MAX_COUNT}+"


@dataclass(frozen=True, slots=True)
class NavigationGroup:
    label: str
    items: list[NavigationItem]


class Shell:
    """What the templates of `_shell` read, worked out on first use."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = getattr(request, "user", None)
        self._counts: dict[str, int] = {}

    @cached_property
    def signed_in(self) -> bool:
        return bool(self.user is not None and self.user.is_authenticated)

    @cached_property
    def items(self) -> list[NavigationItem]:
        """Every place at the side that this person may open, in order; the nearest to this page is active."""
        open_to = self._open(*SIDE)
        by_name = {entry.name: url for entry, url in open_to}
        places = {url: url for url in by_name.values()}
        places |= {address(name): by_name[near] for name, near in _near.items() if near in by_name}
        here = places.get(_nearest([*places], self.place), "")
        return [NavigationItem(entry, url, url == here, self._count(entry.counter)) for entry, url in open_to]

    @cached_property
    def groups(self) -> list[NavigationGroup]:
        by_label = groupby(self.items, key=lambda item: item.entry.group)
        return [NavigationGroup(label, list(items)) for label, items in by_label]

    @cached_property
    def account(self) -> list[NavigationItem]:
        return self._part(ACCOUNT_MENU)

    @cached_property
    def header(self) -> list[NavigationItem]:
        return [item for item in self._part(HEADER) if item.count]

    @cached_property
    def bottom(self) -> list[NavigationItem]:
        return self._part(BOTTOM)

    @cached_property
    def search(self) -> str:
        return next((url for _, url in self._open(SEARCH)), "")

    @property
    def query(self) -> str:
        """What was searched for, when this is the page of results."""
        return self.request.GET.get("q", "") if self.here == self.search else ""

    @property
    def here(self) -> str:
        return self.request.path

    @property
    def place(self) -> str:
        """The address by which the entry of this page is found: its own, but for what `stands_under` another."""
        return str(getattr(self.request, _STANDS_UNDER, "")) or self.here

    @property
    def sign_in(self) -> str:
        return address("accounts:sign-in")

    @property
    def sign_out(self) -> str:
        return address("accounts:sign-out")

    def _part(self, group: str) -> list[NavigationItem]:
        return [
            NavigationItem(entry, url, url == self.here, self._count(entry.counter)) for entry, url in self._open(group)
        ]

    def _open(self, *groups: str) -> list[tuple[NavigationEntry, str]]:
        return [(entry, url) for entry in entries(*groups) if self._may(entry) and (url := address(entry.name))]

    def _count(self, name: str) -> int:
        if name and name not in self._counts:
            self._counts[name] = count(name, self.user)
        return self._counts.get(name, 0)

    def _may(self, entry: NavigationEntry) -> bool:
        if not self.signed_in or (entry.staff and not self.user.is_staff):
            return False
        names = filter(None, (entry.permission, entry.or_permission))
        return not entry.permission or any(access.has_permission(self.user, name) for name in names)


def _nearest(urls: list[str], path: str) -> str:
    """The longest address that `path` lies under: /cases/queues/x/ is under Queues, not under My work."""
    return max((url for url in urls if path.startswith(url)), key=len, default="")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
