"""No test passes in which the product records an event that says other than what `docs/ledger.md` says of its action.

The table there ("What each event says") is the specification: an action, the type of its subject, the fields of its
data; `field?` may be left out. Of optional fields alone, at least one stands. The root conftest loads this; what tests
record themselves, to have something in the ledger, may say anything. tests/test_event_fields.py holds the table
against the source.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pytest

from finobs.ledger.services import subject_key
from finobs.settings.env import BASE_DIR
from tests.support import history_guard

HEADING: Final = "## What each event says"
ROW: Final = re.compile(r"^\| `([a-z_.]+)` \| `([a-z_.]+)` \|(.*)\|$", re.MULTILINE)
LEDGER: Final = ("finobs/ledger/services/record.py", "finobs/core/service.py")


class UndocumentedEvent(AssertionError):
    """An event that does not say what the documentation promises."""


@dataclass(frozen=True, slots=True)
class EventFields:
    """What the events of one action say, and of what."""

    subject: str
    required: frozenset[str]
    optional: frozenset[str]

    def fault(self, subject: str, names: set[str]) -> str:
        """What is wrong with an event about `subject` with the fields `names`; empty when nothing is."""
        if subject != self.subject:
            return f"is about {subject}, not {self.subject}"
        if missing := self.required - names:
            return f"does not say {', '.join(sorted(missing))}"
        if unknown := names - self.required - self.optional:
            return f"says {', '.join(sorted(unknown))}"
        return "says nothing" if self.optional and not names else ""


@cache
def documented() -> dict[str, list[EventFields]]:
    """The table of docs/ledger.md, by action: a row for each type of subject."""
    text = (BASE_DIR / "docs" / "ledger.md").read_text()
    section = text[text.index(HEADING) :].split("\n## ")[0]
    rows: dict[str, list[EventFields]] = {}
    for action, subject, cell in ROW.findall(section):
        rows.setdefault(action, []).append(_fields(subject, cell))
    return rows


def _fields(subject: str, cell: str) -> EventFields:
    names = re.findall(r"`([a-z_0-9]+\??)`", cell)
    optional = frozenset(name.rstrip("?") for name in names if name.endswith("?"))
    return EventFields(subject, frozenset(name for name in names if not name.endswith("?")), optional)


def check(entry: Any) -> None:
    """Raise UndocumentedEvent for an event of the product that the table does not hold so."""
    path, _ = history_guard.caller(LEDGER)
    if not path or history_guard.is_test(path):
        return
    rows = documented().get(entry.action, [])
    subject = subject_key(entry.subject)[0]
    faults = [row.fault(subject, set(entry.data)) for row in rows] or ["is not in docs/ledger.md"]
    if all(faults):
        raise UndocumentedEvent(f"{entry.action}, recorded by {path}, {' and '.join(faults)}")


@pytest.fixture(scope="session", autouse=True)
def _guard_events() -> Iterator[None]:
    module: Any = sys.modules["finobs.ledger.services.record"]  # the package has a function of that name
    build = module._event

    def guarded(actor: Any, identity: Any, entry: Any, at: Any, unit: Any) -> Any:
        check(entry)
        return build(actor, identity, entry, at, unit)

    module._event = guarded
    yield
    module._event = build
