"""The standard people of every test."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from cases.models import Queue
from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.core import process
from tests import factories

# How long an example takes says how busy the machine is; and that all examples of a test look at what its fixtures made
# is what is meant.
settings.register_profile(
    "finobs", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("finobs")

# What tests do is done by people and by finobs, as in a server; what an operator does says so in its test.
process.serve()

pytest.register_assert_rewrite("tests.support.api")
pytest_plugins = ["tests.support.table_flush", "tests.support.history_guard", "tests.support.event_guard"]


@pytest.fixture
def queue(db: None) -> Queue:
    """The queue that the analyst works and the lead leads."""
    return factories.queue("aml-1", name="AML level 1")


@pytest.fixture
def analyst(queue: Queue) -> User:
    """Works her own queue."""
    person = factories.user("Ana Analyst", role="analyst")
    factories.grant(person, "work", queue)
    return person


@pytest.fixture
def lead(queue: Queue) -> User:
    """Leads that queue and may approve."""
    person = factories.user("Leo Lead", role="compliance")
    factories.grant(person, "lead", queue)
    return person


@pytest.fixture
def auditor(queue: Queue) -> User:
    """Reads all, writes nothing."""
    person = factories.user("Aud Auditor", role="auditor")
    factories.grant(person, "view", queue)
    return person


@pytest.fixture
def stranger(db: None) -> User:
    """Signed in, without a role or a grant: must see nothing."""
    return factories.user("Sam Stranger")


@pytest.fixture
def admin(db: None) -> User:
    """Administers people and configuration; has no grants on cases."""
    return factories.user("Ada Admin", role="admin", is_staff=True)


@pytest.fixture
def superuser(db: None) -> User:
    return factories.user("Sue Superuser", is_staff=True, is_superuser=True)


@pytest.fixture
def service(db: None) -> User:
    """A machine with grants of its own."""
    return factories.user("feed", role="admin", kind=UserKind.SERVICE)
