"""Every address of the product x every kind of person x the answer each must get (SEC-10).

The expectations are the text file beside this test, one line for each method and address. An address without a line
fails, and so does a line without an address. Two things are asserted besides, whatever the file says: someone with no
right to write changes nothing anywhere, and a stranger, and the lead of another legal entity, is shown nobody's work, on
no page and in no answer.

After a deliberate change, FINOBS_WRITE_URL_MATRIX=1 writes the file anew; read its diff as you would read a policy.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils.module_loading import import_string

from cases.models import Queue
from finobs.accounts.models import OrgUnit, OrgUnitGroupGrant
from finobs.accounts.org_units import ROOT_ID
from finobs.ledger.models import Event
from tests import factories
from tests.support import scenarios
from tests.support.addresses import Address, addresses

TABLE = Path(__file__).with_name("url_matrix.txt")
PEOPLE = ("anonymous", "stranger", "viewer", "analyst", "lead", "auditor", "admin", "superuser", "other")
# Who is shown none of the scene's work: nobody, somebody without a role, and the lead of another legal entity.
OUTSIDERS = ("anonymous", "stranger", "other")
# What anybody signed in may do to what is their own: the session, the password, the profile, the tokens.
OWN = re.compile(r"^(accounts/|api/v1/(me|tokens|auth)|admin/(logout|jsi18n|password_change|autocomplete))")
READERS = ("anonymous", "stranger", "viewer", "auditor")


def line(method: str, address: Address) -> str:
    return f"{method:6} /{address.route}"


def read_table() -> dict[str, list[str]]:
    if not TABLE.exists():
        return {}
    rows = (row.rsplit("|", 1) for row in TABLE.read_text().splitlines() if row and not row.startswith("#"))
    return {left.strip(): right.split() for left, right in rows}


@pytest.fixture
def people(analyst, lead, auditor, stranger, admin, superuser, queue):
    viewer = factories.user("Vic Viewer", role="viewer")
    factories.grant(viewer, "view", queue)
    # Each role's people have their grants by themselves: the same role in another entity has others.
    OrgUnitGroupGrant.objects.all().delete()
    here, there = factories.unit("first-bank"), factories.unit("second-bank")
    Queue.objects.filter(pk=queue.pk).update(unit=here)
    queue.unit = here
    other = factories.user("Otto Other", role="compliance")
    for person in (viewer, analyst, lead, auditor, admin):
        factories.grant(person, "read_data", OrgUnit.objects.get(pk=ROOT_ID) if person == admin else here)
    factories.grant(admin, "feed", here)
    for grant in ("lead", "read_data"):
        factories.grant(other, grant, there)
    return {
        "anonymous": None, "stranger": stranger, "viewer": viewer, "analyst": analyst, "lead": lead,
        "auditor": auditor, "admin": admin, "superuser": superuser, "other": other,
    }  # fmt: skip


@pytest.fixture
def scene(people, queue, analyst, lead):
    return scenarios.everything(queue, analyst, lead, people["superuser"])


def signed_in(person) -> dict[str, str]:
    """The cookies of a session of `person`."""
    client = Client()
    if person is not None:
        client.force_login(person, backend="finobs.accounts.backends.RolePermissionBackend")
    return {name: morsel.value for name, morsel in client.cookies.items()}


def ask(cookies: dict[str, str], method: str, address: Address, scene: scenarios.Scene, person: Any = None):
    """What the person with that session is answered, who has just seen what they change."""
    client = Client(raise_request_exception=False)
    client.cookies.load(cookies)
    path, body = "/" + scenarios.fill(address, scene), scenarios.body(method, address, scene)
    version = getattr(person, "version", None) if "profile" in path else scenarios.version(address, scene)
    if method != "GET" and path.startswith("/api/"):
        headers = {"Idempotency-Key": "matrix-1"} | ({} if version is None else {"If-Match": f'"{version}"'})
        return getattr(client, method.lower())(path, json.dumps(body), content_type="application/json", headers=headers)
    return getattr(client, method.lower())(
        path, body | ({} if method == "GET" or version is None else {"version": version})
    )


def written() -> tuple[int, ...]:
    """How much there is of what only services write, the ledger's events first."""
    acts = Event.objects.exclude(action__startswith="sign").count()
    return (acts, *(import_string(label)._base_manager.count() for label in WATCHED))


WATCHED = (
    "cases.models.Case", "cases.models.Queue", "cases.models.Note", "cases.models.WorkLease", "cases.models.Incident", "cases.models.WorkPolicyVersion", "cases.models.Tag", "cases.models.ItemTag", "cases.models.CaseSubject",
    "approvals.models.ApprovalRequest", "approvals.models.ApprovalDecision", "approvals.models.ApprovalPolicy", "detection.models.RuleVersion",
    "detection.models.ModelVersion", "detection.models.TrainingRun", "transactions.models.Transaction", "transactions.models.Source",
    "finobs.accounts.models.User",
)  # fmt: skip


@pytest.fixture
def answers(people, scene, request):
    """Ask everything as one person, each request in a savepoint that is rolled back."""
    name = request.param
    cookies = signed_in(people[name])
    found, changed, shown = {}, [], []
    for address in addresses():
        for method in address.methods:
            key = line(method, address)
            with transaction.atomic():
                before = written() if name in READERS else ()
                response = ask(cookies, method, address, scene, people[name])
                found[key] = response.status_code
                if name in READERS and written() != before:
                    changed.append(key)
                if not response.streaming and _names_any(scene.secrets, response.content):
                    shown.append(key)
                transaction.set_rollback(True)
    return name, found, changed, shown


def _names_any(secrets, content):
    """As words of their own: "T-8" stands in one random token of some thousands."""
    return any(re.search(rb"(?<![\w-])" + re.escape(secret) + rb"(?![\w-])", content) for secret in secrets)


def test_every_address_has_its_line_and_every_line_its_address():
    expected = {line(method, address) for address in addresses() for method in address.methods}
    if os.environ.get("FINOBS_WRITE_URL_MATRIX"):
        pytest.skip("writing the matrix")
    listed = set(read_table())
    assert expected - listed == set(), "served, but in nobody's policy"
    assert listed - expected == set(), "in the policy, but not served"


@pytest.mark.django_db
@pytest.mark.parametrize("answers", PEOPLE, indirect=True)
def test_everybody_gets_what_the_matrix_says(answers):
    name, found, changed, shown = answers
    if os.environ.get("FINOBS_WRITE_URL_MATRIX"):
        write(name, found)
        return
    table = read_table()
    column = PEOPLE.index(name)
    wrong = {
        key: (int(table[key][column]), status)
        for key, status in found.items()
        if key in table and int(table[key][column]) != status
    }
    assert wrong == {}, f"{name}: (expected, got)"
    assert [key for key, status in found.items() if status >= 500] == []
    if name in READERS:
        assert [key for key in changed if not OWN.match(key.split("/", 1)[1])] == [], f"{name} changed something"
    if name in OUTSIDERS:
        assert shown == [], f"{name} was shown somebody's work"


def write(name: str, found: dict[str, int]) -> None:
    head = f"# method and address | {' '.join(PEOPLE)}\n"
    table = read_table() if TABLE.exists() else {}
    for key, status in found.items():
        row = table.setdefault(key, ["?"] * len(PEOPLE))
        row += ["?"] * (len(PEOPLE) - len(row))
        row[PEOPLE.index(name)] = str(status)
    keep = {key: row for key, row in table.items() if key in found}
    TABLE.write_text(
        head
        + "".join(
            f"{key:110} | {' '.join(row)}\n"
            for key, row in sorted(keep.items(), key=lambda item: item[0].split(" ", 1)[1].strip())
        )
    )
