"""What docker-compose starts: every process, each with what it needs and no more."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
import yaml

from finobs.settings.env import BASE_DIR

TEXT = (BASE_DIR / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OURS = ("migrate", "web", "live", "worker", "beat", "sealer")


def test_every_process_is_there():
    assert set(SERVICES) == {*OURS, "postgres", "redis", "proxy"}


def test_only_the_sealer_can_read_the_signing_key():
    holders = [
        name for name, service in SERVICES.items() if any("ledger-key:" in v for v in service.get("volumes", []))
    ]
    assert holders == ["sealer"]
    assert "LEDGER_KEY_FILE" in SERVICES["sealer"]["environment"]
    assert all("LEDGER_KEY_FILE" not in SERVICES[name]["environment"] for name in OURS if name != "sealer")


def test_nothing_but_the_proxy_is_reachable_from_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


@pytest.mark.parametrize("name", OURS)
def test_our_processes_can_write_nothing_and_gain_nothing(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["environment"]["DJANGO_SETTINGS_MODULE"] == "finobs.settings.production"


@pytest.mark.parametrize("name", ["web", "live", "worker", "beat", "sealer"])
def test_services_of_compose_start_after_the_tables_are_there(name):
    assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", ["postgres", "redis", "web", "live", "worker"])
def test_services_of_compose_say_whether_they_are_well(name):
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_every_volume_is_declared():
    used = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith((".", "/"))
    }
    assert used == set(COMPOSE["volumes"])


def test_no_secret_has_a_default():
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "LEDGER_ORIGIN"):
        assert re.search(rf"\$\{{{name}:\?", TEXT)
        assert not re.search(rf"\$\{{{name}:?-", TEXT)


def test_the_example_sets_every_variable_that_is_asked_for():
    asked = set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    given = set(re.findall(r"^([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    assert asked == given


def test_what_the_servers_are_told_to_serve_exists():
    for name in ("web", "live"):
        target = next(word for word in SERVICES[name]["command"] if word.startswith("finobs."))
        module, _, attribute = target.partition(":")
        application = getattr(import_module(module), attribute)
        assert callable(getattr(application, "__rsgi__", application))
    assert (BASE_DIR / "deploy" / "healthcheck.py").exists()
    assert (BASE_DIR / "deploy" / "Caddyfile").exists()


def test_the_image_runs_as_nobody_special_and_installs_what_is_locked():
    text = (BASE_DIR / "Dockerfile").read_text()
    assert re.search(r"^USER finobs$", text, re.MULTILINE)
    assert "--require-hashes" in text
