"""A ledger with a key of its own, and events to put in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.ledger import keys
from finobs.ledger.models import Event
from finobs.ledger.note import VerifierKey
from finobs.ledger.services import NewEvent, record_many
from finobs.ledger.services.seal import seal

Fill = Callable[..., list[Event]]


@pytest.fixture
def ledger_files(tmp_path: Path, settings: Any) -> Path:
    """Key files of this test alone; no key yet."""
    settings.LEDGER_KEY_FILE = str(tmp_path / "ledger.key")
    settings.LEDGER_VKEYS_FILE = str(tmp_path / "ledger.vkeys")
    return tmp_path


@pytest.fixture
def ledger_key(ledger_files: Path) -> VerifierKey:
    return keys.create()


@pytest.fixture
def clerk(db: None) -> User:
    return system_actor("clerk")


@pytest.fixture
def fill(clerk: User) -> Fill:
    """fill(7) records seven events."""

    def make(count: int, action: str = "test.act") -> list[Event]:
        with transaction.atomic():
            entries = [NewEvent(action, ("test.thing", str(number)), {"n": number}) for number in range(count)]
            return record_many(actor=clerk, entries=entries)

    return make


@pytest.fixture
def sealed(ledger_key: VerifierKey, fill: Fill) -> list[Event]:
    """Twelve events under four checkpoints: 3, 6, 9, 12."""
    events: list[Event] = []
    for _ in range(4):
        events += fill(3)
        seal()
    return events
