from __future__ import annotations

import pytest

from detection import hooks
from tests import factories
from transactions.models import Source


@pytest.fixture
def gathered(monkeypatch):
    """Alerts that were handed on, instead of cases made of them."""
    found = []
    monkeypatch.setattr(hooks, "_alert_grouper", lambda *, alerts: found.extend(alerts))
    return found


@pytest.fixture
def source(db: None) -> Source:
    return factories.source("cards")
