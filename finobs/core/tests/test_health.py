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
from tests.support.api import bearer
from tests.support.clients import signed_in


@pytest.fixture
def operator(analyst):
    """A browser of somebody who may read metrics."""
    return signed_in(analyst)


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
def test_a_server_is_ready_when_every_check_holds(operator, checks):
    health.register("seal", lambda: "3 events wait")
    response = operator.get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"]["seal"] == {
        "status": "ok",
        "ok": True,
        "detail": "3 events wait",
    }
    assert response.json()["checks"]["migrations"]["ok"]


@pytest.mark.django_db
def test_one_failing_check_makes_it_unready_and_hides_no_other(operator, checks):
    def fails():
        raise RuntimeError("The seal is 20 minutes late.")

    health.register("seal", fails)
    health.register("key", lambda: "there")
    response = operator.get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "failing"
    assert response.json()["checks"]["seal"] == {
        "status": "failing",
        "ok": False,
        "detail": "The seal is 20 minutes late.",
    }
    assert response.json()["checks"]["key"]["ok"]


@pytest.mark.django_db
def test_a_database_that_is_down_is_said_in_words_without_its_address(operator, checks):
    def down():
        raise OperationalError("connection to server at 10.0.0.7 failed: password")

    health.register("replica", down)
    assert operator.get("/readyz").json()["checks"]["replica"] == {
        "status": "failing",
        "ok": False,
        "detail": "The database does not answer.",
    }


@pytest.mark.django_db
def test_migrations_that_wait_make_it_unready(operator, checks, monkeypatch):
    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: [("a", False)])
    response = operator.get("/readyz")
    assert response.status_code == 503
    assert "run migrate" in response.json()["checks"]["migrations"]["detail"]


@pytest.mark.django_db
def test_a_stranger_and_nobody_are_told_the_status_and_nothing_of_how_it_is_built(client, stranger, checks):
    def fails():
        raise RuntimeError("The seal is 20 minutes late.")

    health.register("seal", fails)
    for browser in (client, signed_in(stranger)):
        response = browser.get("/readyz")
        assert response.status_code == 503
        assert response.json() == {"status": "failing"}


@pytest.mark.django_db
def test_a_token_with_the_scope_reads_the_details(client, analyst, checks):
    response = client.get("/readyz", headers=bearer(analyst, "system:metrics_read"))
    assert response.json()["checks"]["migrations"]["ok"]
    assert client.get("/readyz", headers=bearer(analyst, "anomaly:read")).json() == {"status": "ok"}
    assert client.get("/readyz", headers={"Authorization": "Bearer nonsense"}).status_code == 401


@pytest.mark.django_db
def test_how_the_api_is_built_is_for_those_who_are_signed_in(client, stranger):
    assert client.get("/api/v1/schema").status_code == 401
    assert signed_in(stranger).get("/api/v1/schema").status_code == 200


def degrades() -> str:
    raise health.Degraded("No rule is in force.")


def fails() -> str:
    raise health.Failing("An alarm is open.")


@pytest.mark.django_db
def test_what_is_degraded_serves_and_says_so(operator, checks):
    health.register("detection", degrades)
    response = operator.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["checks"]["detection"]["detail"] == "No rule is in force."
    health.register("ledger", fails)
    response = operator.get("/readyz")
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
