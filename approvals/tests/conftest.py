"""A case that its analyst holds: the subject of every request here."""

from __future__ import annotations

import pytest

from cases.models import Case, Queue
from cases.services import item_take
from finobs.accounts.models import User
from tests import factories


@pytest.fixture
def case(queue: Queue, analyst: User) -> Case:
    return item_take(actor=analyst, item=factories.case(inside=queue))
