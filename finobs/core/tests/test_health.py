"""What load balancers ask."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django_celery_beat.models import PeriodicTask

from finobs.core import clock, health, schedule


@pytest.fixture
def checks(monkeypatch):
    found: dict[str, health.Check] = {}
    monkeypatch.setattr(health, "_checks", found)
    return found


def test_a_process_that_runs_says_so_without_asking_the_database(client):
    response = client.get("/livez")
    assert response.json() == {"status": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_a_server_is_ready_when_every_check_holds(client, checks):
    health.register("seal", lambda: "3 events wait")
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"]["seal"] == {
        "status": "ok",
        "ok": True,
        "detail": "3 events wait",
    }
    assert response.json()["checks"]["migrations"]["ok"]


@pytest.mark.django_db
def test_one_failing_check_makes_it_unready_and_hides_no_other(client, checks):
    def fails():
        raise RuntimeError("The seal is 20 minutes late.")

    health.register("seal", fails)
    health.register("key", lambda: "there")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "failing"
    assert response.json()["checks"]["seal"] == {
        "status": "failing",
        "ok": False,
        "detail": "The seal is 20 minutes late.",
    }
    assert response.json()["checks"]["key"]["ok"]


@pytest.mark.django_db
def test_a_database_that_is_down_is_said_in_words_without_its_address(client, checks):
    def down():
        raise OperationalError("connection to server at 10.0.0.7 failed: password")

    health.register("replica", down)
    assert client.get("/readyz").json()["checks"]["replica"] == {
        "status": "failing",
        "ok": False,
        "detail": "The database does not answer.",
    }


@pytest.mark.django_db
def test_migrations_that_wait_make_it_unready(client, checks, monkeypatch):
    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: [("a", False)])
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "run migrate" in response.json()["checks"]["migrations"]["detail"]


def degrades() -> str:
    raise health.Degraded("No rule is in force.")


def fails() -> str:
    raise health.Failing("An alarm is open.")


@pytest.mark.django_db
def test_what_is_degraded_serves_and_says_so(client, checks):
    health.register("detection", degrades)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["checks"]["detection"]["detail"] == "No rule is in force."
    health.register("ledger", fails)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "failing")


@pytest.mark.django_db
def test_whoever_sits_at_the_server_asks_by_a_command(checks, capsys):
    health.register("ledger", lambda: "3 events wait.")
    call_command("healthcheck")
    assert "ok        ledger: 3 events wait." in capsys.readouterr().out
    health.register("detection", degrades)
    with pytest.raises(SystemExit) as exit_:
        call_command("healthcheck", "--json")
    assert (exit_.value.code, json.loads(capsys.readouterr().out)["status"]) == (1, "degraded")
    call_command("healthcheck", "ledger", "database")
    with pytest.raises(CommandError, match="no check redis; there are database, migrations, ledger, detection"):
        call_command("healthcheck", "redis")


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "status"), [(0, "ok"), (9, "ok"), (11, "degraded"), (3_000, "degraded")])
def test_a_beat_that_has_fallen_silent_is_named(minutes, status):
    schedule.synchronise()
    PeriodicTask.objects.update(last_run_at=clock.now())
    with clock.at(clock.now() + timedelta(minutes=minutes)):
        result = health.results()["schedule"]
    assert result.status == status
    assert (f"nothing for {minutes} minutes" in result.detail) == (status == "degraded")


@pytest.mark.django_db
def test_a_beat_that_has_never_run_is_named_once_it_is_overdue():
    PeriodicTask.objects.all().delete()
    assert health.results()["schedule"].status == "degraded"
    schedule.synchronise()
    assert health.results()["schedule"].status == "ok"
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert health.results()["schedule"].status == "degraded"
