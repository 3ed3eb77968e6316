"""What load balancers ask."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from finobs.core import health


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
    assert response.json()["checks"]["seal"] == {"ok": True, "detail": "3 events wait"}
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
    assert response.json()["checks"]["seal"] == {"ok": False, "detail": "The seal is 20 minutes late."}
    assert response.json()["checks"]["key"]["ok"]


@pytest.mark.django_db
def test_a_database_that_is_down_is_said_in_words_without_its_address(client, checks):
    def down():
        raise OperationalError("connection to server at 10.0.0.7 failed: password")

    health.register("replica", down)
    assert client.get("/readyz").json()["checks"]["replica"] == {
        "ok": False,
        "detail": "The database does not answer.",
    }


@pytest.mark.django_db
def test_migrations_that_wait_make_it_unready(client, checks, monkeypatch):
    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: [("a", False)])
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "run migrate" in response.json()["checks"]["migrations"]["detail"]
