"""What an operator does by a command or in a shell is theirs in the ledger, whoever they do it as: every command that
writes, enumerated from the commands there are.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command, get_commands
from django.db import transaction

from finobs.core import process
from finobs.ledger.models import Event
from finobs.ledger.services import record
from finobs.ledger.tests.conftest import ledger_files, ledger_key
from finobs.settings.env import BASE_DIR
from tests import factories
from tests.support.clients import signed_in

assert ledger_files
assert ledger_key
ME = pwd.getpwuid(os.getuid()).pw_name
APPS = ("finobs.", "transactions", "detection", "approvals", "cases", "exports", "agents")
# They read, sign, serve or generate files, and record nothing.
RECORDS_NOTHING = {
    "bench": "times what the others do", "generate_transactions": "writes a file", "verify_ledger": "reads",
    "seal_ledger": "signs", "ledger_bundle": "writes a bundle", "replay_alert": "reads", "evaluate_detection": "reads",
    "demo": "is finobs itself: what it seeds and serves is its own act", "healthcheck": "reads",
}  # fmt: skip
CSV = "external_id,account,counterparty,occurred_at,amount,currency,direction\nT-1,A-1,M-1,2026-03-02,12.50,USD,out\n"


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process was started by hand."""
    monkeypatch.setattr(process, "_is_serving", False)


def actors() -> list[dict[str, Any]]:
    return [json.loads(bytes(event.body))["actor"] for event in Event.objects.order_by("pk")]


def file_of(tmp_path: Path, text: str) -> str:
    path = tmp_path / "rows.csv"
    path.write_text(text)
    return str(path)


def import_transactions(tmp_path: Path, admin: Any) -> None:
    call_command(
        "import_transactions", file_of(tmp_path, CSV), "--source=bank", "--create-source", f"--actor={admin.email}",
        "--no-progress",
    )  # fmt: skip


def import_labels(tmp_path: Path, admin: Any) -> None:
    factories.source("bank")
    labels = file_of(tmp_path, "external_id,is_suspicious\nT-1,true\n")
    call_command("import_labels", labels, "--source=bank", f"--actor={admin.email}", "--no-progress")


def import_exchange_rates(tmp_path: Path, admin: Any) -> None:
    rates = file_of(tmp_path, "base,quote,rate,date,source\nEUR,USD,1.08,2026-03-02,ECB\n")
    call_command("import_exchange_rates", rates, f"--actor={admin.email}", "--no-progress")


def import_records(tmp_path: Path, admin: Any) -> None:
    factories.source("bank")
    customers = file_of(tmp_path, "external_id,kind,name\nC-1,person,Ana\n")
    call_command(
        "import_records", customers, "--kind=customer", "--source=bank", f"--actor={admin.email}", "--no-progress"
    )


def import_alerts(tmp_path: Path, admin: Any) -> None:
    factories.source("bank")
    columns = "external_id,system,scenario,typology,severity,occurred_at,account"
    alerts = file_of(tmp_path, f"{columns}\nV-1,Vigil,Velocity,structuring,high,2026-03-02T12:00:00Z,A-1\n")
    call_command("import_alerts", alerts, "--source=bank", f"--actor={admin.email}", "--no-progress")


def train_model(tmp_path: Path, admin: Any) -> None:
    from detection.ml.training.services import training_request
    from finobs.accounts.system import system_actor

    # What the command does first; the training itself takes its minutes elsewhere.
    training_request(actor=system_actor("train"), role="anomaly")


def rotate_key(tmp_path: Path, admin: Any) -> None:
    call_command("ledger_key", "rotate")


def ledger_alarm(tmp_path: Path, admin: Any) -> None:
    from finobs.ledger.choices import AlarmKind
    from finobs.ledger.models import Alarm
    from finobs.ledger.services.seal import raise_alarm

    raise_alarm(AlarmKind.SHRUNK, "size 3 has been signed", "")
    call_command("ledger_alarm", "settle", str(Alarm.objects.get().pk), "--reason=A restored backup.")


def seed_demo(tmp_path: Path, admin: Any) -> None:
    from finobs.accounts.system import system_actor
    from finobs.demo import users
    from finobs.settings import env

    queues = {slug: factories.queue(slug) for slug in ("aml-1", "fraud")}
    with mock.patch.object(env, "VAR_DIR", tmp_path):
        users.ensure_users(actor=system_actor("demo"), queues=queues)


def createsuperuser(tmp_path: Path, admin: Any) -> None:
    call_command("createsuperuser", "--noinput", "--email=root@example.test", "--name=Root")


def superuser_deactivate(tmp_path: Path, admin: Any) -> None:
    root = factories.user("Root", is_staff=True, is_superuser=True)
    call_command("superuser_deactivate", root.email)


def changepassword(tmp_path: Path, admin: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("getpass.getpass", lambda _: "a new and long enough one")
        call_command("changepassword", admin.email)


WRITERS: dict[str, Callable[[Path, Any], None]] = {
    "import_transactions": import_transactions, "import_labels": import_labels, "import_records": import_records, "import_alerts": import_alerts,
    "import_exchange_rates": import_exchange_rates, "train_model": train_model,
    "ledger_key": rotate_key, "ledger_alarm": ledger_alarm, "seed_demo": seed_demo,
    "createsuperuser": createsuperuser, "changepassword": changepassword,
    "superuser_deactivate": superuser_deactivate,
}  # fmt: skip


def test_every_command_is_known() -> None:
    own = {name for name, app in get_commands().items() if str(app).startswith(APPS)}
    assert own | {"createsuperuser"} == set(WRITERS) | set(RECORDS_NOTHING)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(WRITERS))
def test_what_a_command_records_is_the_operators(
    name: str, tmp_path: Path, admin: Any, operator: None, request: pytest.FixtureRequest
) -> None:
    if name.startswith("ledger_"):
        request.getfixturevalue("ledger_key")
    WRITERS[name](tmp_path, admin)
    assert actors(), "nothing was recorded"
    for actor in actors():
        assert (actor["type"], actor["name"], actor["address"]) == ("operator", ME, f"{ME}@{socket.gethostname()}")
        assert (actor["host"], actor["pid"]) == (socket.gethostname(), os.getpid())
    assert not Event.objects.exclude(actor_type="operator").exists()
    assert not Event.objects.exclude(actor__kind="system").exists()


@pytest.mark.django_db
def test_whatever_follows_an_import_is_on_behalf_of_the_same_person(
    tmp_path: Path, admin: Any, operator: None, django_capture_on_commit_callbacks: Any
) -> None:
    """A row that waited in quarantine is settled, and a label of a known row is taken, for whom the import is."""
    header, line = "external_id,account,occurred_at,amount,currency,is_suspicious\n", "A-1,2026-03-02,12.50"
    for rows in (f"T-1,{line},USD,\nT-2,{line},XXX,\n", f"T-1,{line},USD,1\nT-2,{line},USD,\n"):
        path = file_of(tmp_path, header + rows)
        arguments = ("--source=bank", "--create-source", f"--actor={admin.email}", "--no-progress")
        with django_capture_on_commit_callbacks(execute=True):
            call_command("import_transactions", path, *arguments)
    for action in ("batch.ingest", "quarantine.supersede", "batch.label"):
        events = Event.objects.filter(action=action)
        assert events, action
        for event in events:
            actor = json.loads(bytes(event.body))["actor"]
            assert actor.get("on_behalf_of", {}).get("address") == admin.email, action


@pytest.mark.django_db
def test_as_whom_an_import_was_made_is_said_beside_who_made_it(
    tmp_path: Path, admin: Any, superuser: Any, operator: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_transactions(tmp_path, admin)
    batch = json.loads(bytes(Event.objects.get(action="batch.ingest").body))
    assert batch["actor"]["on_behalf_of"] == {
        "type": "human", "id": str(admin.pk), "name": "Ada Admin", "address": admin.email, "roles": ["admin"],
    }  # fmt: skip
    monkeypatch.setattr(process, "_is_serving", True)
    event = Event.objects.get(action="batch.ingest")
    assert str(event.actor_then) == f"{ME}, as Ada Admin"
    client = signed_in(superuser)
    assert f"{ME}@" in client.get("/ledger/").content.decode()
    listed = client.get("/api/v1/ledger/events?action=batch.ingest").json()["results"][0]
    assert (listed["actor_type"], listed["on_behalf_of"]) == ("operator", admin.email)
    for page in ("/transactions/batches/", f"/transactions/batches/{event.subject_id}/"):
        text = client.get(page).content.decode()
        assert "finobs operator" in text
        assert "Ada Admin" not in text


@pytest.mark.django_db
def test_the_history_says_who_ran_it(admin: Any, analyst: Any, operator: None) -> None:
    from finobs.accounts.services import user_change

    user_change(actor=admin, user=analyst, name="Renamed")
    assert analyst.history.first().history_change_reason.startswith(f"{ME}@{socket.gethostname()}: ")


@pytest.mark.django_db
def test_a_new_password_ends_what_was_signed_in(admin: Any, operator: None, tmp_path: Path) -> None:
    before = admin.session_epoch
    changepassword(tmp_path, admin)
    admin.refresh_from_db()
    assert admin.session_epoch == before + 1
    assert admin.check_password("a new and long enough one")
    body = json.loads(bytes(Event.objects.get().body))
    assert (body["action"], body["data"], "on_behalf_of" in body["actor"]) == (
        "user.password_change", {"via": "command"}, False,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_bad_password_is_refused_in_words_and_changes_nothing(
    admin: Any, operator: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.management import CommandError

    monkeypatch.setattr("getpass.getpass", lambda _: "short")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("changepassword", admin.email)
    with pytest.raises(CommandError, match="nobody with the address"):
        call_command("changepassword", "nobody@example.test")
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_a_people_s_process_records_no_operator(admin: Any) -> None:
    with transaction.atomic():
        record(actor=admin, action="x.y", subject=("a.b", "1"))
    assert actors()[0]["type"] == "human"


SHELL = """
from finobs.core import process
operator = process.operator()
print(operator.user, operator.pid, operator.command)
"""
SERVED = "import finobs.{module}; from finobs.core import process; print(process.operator())"


def run(*arguments: str, tmp_path: Path, **environ: str) -> str:
    environment = {**os.environ, "FINOBS_VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "finobs.settings.local"}
    result = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=BASE_DIR,
        env=environment | environ,
        check=True,
    )
    return result.stdout.strip().splitlines()[-1]


def test_a_shell_is_an_operators_by_the_name_of_the_system(tmp_path: Path) -> None:
    user, pid, *command = run(
        "manage.py", "shell", "-v0", "-c", SHELL, tmp_path=tmp_path, LOGNAME="ada", USER="ada"
    ).split()
    assert (user, command) == (ME, ["manage.py", "shell"])
    assert int(pid) != os.getpid()


@pytest.mark.parametrize("module", ["wsgi", "asgi"])
def test_a_server_is_finobs_s_own(module: str, tmp_path: Path) -> None:
    assert run("-c", SERVED.format(module=module), tmp_path=tmp_path) == "None"


def test_a_worker_is_finobs_s_own_and_who_sends_it_a_task_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from celery.signals import worker_init

    from finobs.celery import app

    monkeypatch.setattr(process, "_is_serving", False)
    assert app.main == "finobs"
    assert process.operator() is not None
    worker_init.send(sender=None)
    assert process.operator() is None


def test_what_the_demo_seeds_in_its_one_process_is_finobs_own_act(
    operator: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finobs.demo.management.commands import demo
    from finobs.embedded import server

    acting: list[Any] = []
    for name in ("claim_data", "claim_port"):
        monkeypatch.setattr(server, name, lambda _: contextlib.nullcontext())
    monkeypatch.setattr(demo.Command, "_prepare", lambda _: acting.append(process.operator()))
    monkeypatch.setattr(demo.Command, "_serve", lambda *_: None)
    assert process.operator() is not None
    call_command("demo")
    assert acting == [None]
