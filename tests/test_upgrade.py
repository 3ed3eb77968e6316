"""An installation of the first release, with rows in it, comes to the present one by `migrate` alone.

Fresh databases, which all other tests have, meet no row and no trigger on their way: what SQLite makes anew while
triggers look at it, and what a migration makes of the rows that there are, is seen here only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection

from approvals import triggers
from finobs.ledger import triggers as ledger_triggers
from finobs.settings import env
from transactions.services.quarantine_add import external_id_of

# Every app of ours at its first migration, those of others where they are; then rows; then what an operator does.
FIRST_RELEASE = """
import hashlib, json, zlib
from datetime import UTC, datetime
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

executor = MigrationExecutor(connection)
first = {app: (app, name) for app, name in executor.loader.graph.nodes if name == "0001_initial"}
ours = {"accounts", "approvals", "cases", "core", "detection", "ledger", "transactions"}
assert ours <= set(first)
leaves = [node for node in executor.loader.graph.leaf_nodes() if node[0] not in ours]
executor.migrate([*leaves, *(first[app] for app in sorted(ours))])
model = MigrationExecutor(connection).loader.project_state([*leaves, *(first[a] for a in ours)]).apps.get_model

User = model("accounts", "User")
ada, leo, feed = (
    User.objects.create(email=f"{name}@example.test", name=name, kind=kind, password="!")
    for name, kind in (("ada", "human"), ("leo", "human"), ("feed", "service"))
)
admin = model("auth", "Group").objects.create(name="admin")
ada.groups.add(admin)
feed.groups.add(admin)
source = model("transactions", "Source").objects.create(slug="bank", name="Bank")
batch = model("transactions", "Batch").objects.create(source=source, actor=ada, method="file")
for number, identifier in enumerate(IDENTIFIERS):
    raw = json.dumps(identifier).encode()
    model("transactions", "QuarantinedRow").objects.create(
        batch=batch, source=source, row_number=number, raw=zlib.compress(raw), raw_size=len(raw),
        raw_digest=hashlib.sha256(raw).digest(), reason="amount", detail="No amount.", fields={"external_id": identifier},
    )
now = datetime(2026, 3, 2, tzinfo=UTC)
queue = model("cases", "Queue").objects.create(slug="aml-1", name="AML 1", is_default=True)
account = model("transactions", "Account").objects.create(source=source, external_id="A-1")
model("cases", "Case").objects.create(
    reference="C-2026-000001", typology="large_amount", queue=queue, account=account, amounts={}, priority_parts={},
)
request = model("approvals", "ApprovalRequest").objects.create(
    action="case.close", subject_type="cases.case", subject_id="1", subject_label="C-2026-000001", snapshot={},
    digest="d" * 64, quorum=1, requested_by=ada, expires_at=now,
)
model("approvals", "ApprovalDecision").objects.create(
    request=request, requested_by=ada, decided_by=leo, vote="approve", digest="d" * 64, decided_at=now,
)
"""
UPGRADED = """
import json
from django.core.management import call_command
from django.db import connection
from approvals.models import ApprovalDecision, ApprovalRequest
from cases.models import Case
from finobs.accounts.models import User
from finobs.ledger.models import Event
from transactions.models import QuarantinedRow

call_command("migrate", verbosity=0, interactive=False)
call_command("migrate", verbosity=0, interactive=False)
catalogue = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
with connection.cursor() as cursor:
    cursor.execute(catalogue[connection.vendor])
    triggers = sorted(name for name, in cursor.fetchall())
refusals = {}
for model, change in ((ApprovalDecision, {"vote": "reject"}), (ApprovalRequest, {"quorum": 2}), (Event, {"action": "x"})):
    try:
        model.objects.update(**change)
    except Exception as error:
        refusals[model.__name__] = str(error)
print(json.dumps({
    "triggers": triggers,
    "refusals": refusals,
    "rows": [Case.objects.count(), ApprovalRequest.objects.count(), ApprovalDecision.objects.count()],
    "ids": list(QuarantinedRow.objects.order_by("row_number").values_list("external_id", flat=True)),
    "staff": {user.name: [user.is_staff, user.version, user.history.count()]
              for user in User.objects.exclude(kind="system")},
    "events": [(event.action, event.subject_id, event.actor_type) for event in Event.objects.order_by("pk")],
    "ada": User.objects.get(name="ada").pk,
}))
"""
# As they came, and as the look-up of a row that comes in later reads them.
IDENTIFIERS = {
    "T-1": "T-1", " T-2 ": "T-2", "123.0": "123", '="00042"': "00042", "de89 3704 0044 0532 0130 00": "DE89370400440532013000",
    "#N/A": "", "1.5E+10": "", "T\u200b3": "", "Zoe\u0308": "Zo\u00eb", "two  blanks": "two blanks", "x" * 101: "",
}  # fmt: skip
NUMBERS: dict[Any, str] = {7: "7", None: "", True: "", 7.5: ""}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an installation with an empty database of its own, of the kind that the tests run on."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "finobs.settings.local"}
    environment["FINOBS_VAR_DIR"] = str(tmp_path_factory.mktemp("var"))
    environment.pop("DATABASE_URL", None)
    if not env.DATABASE_URL.startswith("postgres"):
        yield environment
        return
    name = f"finobs_upgrade_{os.getpid()}"
    with psycopg.connect(env.DATABASE_URL, dbname="postgres", autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield environment | {"DATABASE_URL": urlunsplit(urlsplit(env.DATABASE_URL)._replace(path=f"/{name}"))}
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def run(environment: dict[str, str], *arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=env.BASE_DIR, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def upgraded(installation: dict[str, str]) -> dict[str, Any]:
    """What there is after the upgrade."""
    run(installation, "shell", "-v0", "-c", f"IDENTIFIERS = {[*IDENTIFIERS, *NUMBERS]!r}\n{FIRST_RELEASE}")
    state: dict[str, Any] = json.loads(run(installation, "shell", "-v0", "-c", UPGRADED).splitlines()[-1])
    return state


def test_the_rows_are_there_and_so_is_every_trigger(upgraded: dict[str, Any]) -> None:
    assert upgraded["rows"] == [1, 1, 1]
    assert {name for name, *_ in [*triggers._TRIGGERS, *ledger_triggers._names(connection.vendor)]} <= set(
        upgraded["triggers"]
    )
    assert upgraded["refusals"]["ApprovalDecision"].startswith("decisions are append-only")
    assert upgraded["refusals"]["ApprovalRequest"].startswith("a request cannot change so")


def test_administrators_of_before_open_the_administration_and_the_ledger_says_so(upgraded: dict[str, Any]) -> None:
    """Whether they may, the version of the account, and how many rows of history it has, of each."""
    assert upgraded["staff"] == {"ada": [True, 2, 1], "leo": [False, 1, 0], "feed": [False, 1, 0]}
    assert upgraded["events"] == [["user.change", str(upgraded["ada"]), "operator"]]


def test_what_waits_in_quarantine_is_known_by_the_id_that_a_row_is_looked_up_by(upgraded: dict[str, Any]) -> None:
    assert upgraded["ids"] == [*IDENTIFIERS.values(), *NUMBERS.values()]


def test_the_ids_of_the_upgrade_are_those_of_today() -> None:
    """As long as ids are read as they were then; the test goes when they are read otherwise."""
    for value, expected in {**IDENTIFIERS, **NUMBERS}.items():
        assert external_id_of({"external_id": value}) == expected, value
