"""Two legal entities in one database: whoever is in one is answered as if the other were not there.

Everything that GET can ask for is asked as three people of the first entity, and again when the second entity has a
whole scene of its own. Every answer must be the same, byte for byte, but for what is named in `EXCEPTIONS`.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction

from cases.models import Queue
from detection.models import ModelVersion
from finobs.accounts.models import OrgUnit, OrgUnitGroupGrant, User
from finobs.core import clock
from tests import factories
from tests.support import scenarios
from tests.support.addresses import Address, addresses
from tests.test_url_matrix import ask, line, signed_in

pytestmark = pytest.mark.django_db
CSRF = re.compile(rb"""(csrfmiddlewaretoken"? value="|name="csrf-token" content="|X-CSRFToken": ?")[A-Za-z0-9]+""")
# Of each request another: what a fault is reported by.
REQUEST_ID = re.compile(rb"""(request <code>|"request_id":")[0-9a-f]{32}""")
# Addresses whose answers tell of the whole log or of the whole installation, and why they may.
EXCEPTIONS = {
    "GET    /readyz": "is asked by whoever runs the installation: how many events of the whole log wait to be sealed",
}


@pytest.fixture
def entities() -> tuple[OrgUnit, OrgUnit]:
    OrgUnitGroupGrant.objects.all().delete()
    return factories.unit("first-bank"), factories.unit("second-bank")


def staff(unit: OrgUnit, prefix: str) -> dict[str, User]:
    """An analyst, a lead and an auditor who may work, and read the data of, one unit."""
    roles = {"analyst": "work", "lead": "lead", "auditor": "view"}
    people = {}
    for name, grant in roles.items():
        person = factories.user(f"{prefix} {name}", role="compliance" if name == "lead" else name)
        for each in (grant, "read_data"):
            factories.grant(person, each, unit)
        people[name] = person
    return people


def readable() -> list[Address]:
    return [address for address in addresses() if "GET" in address.methods]


def answers(
    people: dict[str, User], cookies: dict[str, dict[str, str]], scene: scenarios.Scene
) -> dict[tuple[str, str], tuple[int, bytes]]:
    """What each is answered to every GET, without what is new each time."""
    result = {}
    for name, person in people.items():
        for address in readable():
            with transaction.atomic():
                response = ask(cookies[name], "GET", address, scene, person)
                body = b"".join(response.streaming_content) if response.streaming else response.content
                result[name, line("GET", address)] = (response.status_code, REQUEST_ID.sub(b"", CSRF.sub(rb"\1", body)))
                transaction.set_rollback(True)
    return result


def test_nobody_of_one_entity_is_told_anything_of_the_other(
    entities: Any, superuser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pages say how long ago something was.
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)
    first, second = entities
    people, others = staff(first, "First"), staff(second, "Second")
    queue = factories.queue("first-aml", unit=first)
    scene = scenarios.everything(queue, people["analyst"], people["lead"], superuser)
    version = ModelVersion.objects.get(pk=scene.subjects["models"])
    cookies = {name: signed_in(person) for name, person in people.items()}
    before = answers(people, cookies, scene)
    scenarios.other_entity(factories.queue("second-aml", unit=second), others["analyst"], others["lead"], version)
    after = answers(people, cookies, scene)
    assert Queue.objects.get(slug="second-aml").cases.count() == 1
    different = sorted(key for key in before if before[key] != after[key] and key[1] not in EXCEPTIONS)
    assert different == []
    assert sum(status == 200 for status, _ in before.values()) > 150
