"""What docker-compose starts: every process, each with what it needs and no more."""

from __future__ import annotations

import json
import re
from importlib import import_module

import pytest
import yaml
from django.core.management import get_commands

from finobs.settings import env
from finobs.settings.env import BASE_DIR
from tests.benchmarks import server as benchmark_server

TEXT = (BASE_DIR / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OURS = ("migrate", "web", "live", "worker", "beat", "sealer")
GUIDE = (BASE_DIR / "docs" / "operator.md").read_text()
EXAMPLE = (BASE_DIR / ".env.example").read_text()
DOCKERFILE = (BASE_DIR / "Dockerfile").read_text()
# What compose says itself, and .env cannot.
FIXED = {"DJANGO_SETTINGS_MODULE", "LEDGER_KEY_FILE", "LEDGER_VKEYS_FILE", "HEARTBEAT_DIR"}
# What is the image's, what each process knows of itself, and its limits: one value for all would be wrong for most.
OF_ONE_PROCESS = {
    "FINOBS_VAR_DIR", "FINOBS_PROCESS", "DATABASE_STATEMENT_SECONDS", "DATABASE_LOCK_SECONDS", "DATABASE_IDLE_SECONDS",
}  # fmt: skip
# What .env says and compose hands on under another name.
RENAMED = {"PGPASSWORD": "POSTGRES_PASSWORD"}


def variables_in_guide(heading: str) -> set[str]:
    """The variables in the table under this heading of the operator's guide."""
    section = GUIDE.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    return set(re.findall(r"^\| `([A-Z_]+)`", section, re.MULTILINE))


def services_with_a_volume(name: str) -> list[str]:
    return [key for key, service in SERVICES.items() if any(f"{name}:" in v for v in service.get("volumes", []))]


def test_every_variable_that_settings_read_is_in_the_guide():
    production, embedded = variables_in_guide("## Settings"), variables_in_guide("### Of the embedded mode alone")
    assert not production & embedded
    assert production | embedded >= env.variables()


@pytest.mark.parametrize("name", OURS)
def test_every_service_is_handed_every_setting_of_production(name):
    """An operator who writes one into .env must not be left with the default by some of the processes."""
    wanted = variables_in_guide("## Settings") - OF_ONE_PROCESS
    given = set(SERVICES[name]["environment"])
    assert given == (wanted if name == "sealer" else wanted - {"LEDGER_KEY_FILE"})


def test_the_guide_marks_what_is_of_one_process_and_nothing_else():
    marked = re.findall(r"^\| `([A-Z_]+)` \|[^|]*\| of one process: ", GUIDE, re.MULTILINE)
    assert set(marked) == OF_ONE_PROCESS


def test_a_worker_has_the_time_that_the_guide_says_to_end_what_it_has():
    assert SERVICES["worker"]["stop_grace_period"] == "5m"
    assert "for at most five minutes (`stop_grace_period`)" in GUIDE


def test_every_setting_that_compose_hands_on_is_in_the_example():
    handed_on = {RENAMED.get(name, name) for name in SERVICES["web"]["environment"]} - FIXED
    in_example = set(re.findall(r"^(?:# )?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert in_example == handed_on | {"FINOBS_HOST"}


def test_what_a_setting_is_in_env_is_what_every_service_gets():
    """Either the value of .env, or nothing, which is as if it were not set."""
    for name, value in SERVICES["web"]["environment"].items():
        if name not in FIXED:
            assert value.startswith(f"${{{RENAMED.get(name, name)}:"), name


def test_every_folder_that_a_volume_is_mounted_over_belongs_to_who_writes_there():
    """A new volume takes the owner of the folder in the image: one that is not there is root's."""
    mounted = {volume.split(":")[1] for name in OURS for volume in SERVICES[name]["volumes"]}
    made = " ".join(re.findall(r"mkdir -p (.+?) &&", DOCKERFILE)).split()
    owned = " ".join(re.findall(r"chown -R finobs:finobs (.+?)(?: &&|$)", DOCKERFILE, re.MULTILINE)).split()
    assert mounted == {"/keys", "/vkeys"}
    assert mounted <= set(made)
    assert mounted <= set(owned)


def test_only_the_sealer_writes_the_public_keys():
    writers = [n for n in services_with_a_volume("ledger-vkeys") if "ledger-vkeys:/vkeys" in SERVICES[n]["volumes"]]
    assert writers == ["sealer"]
    assert "ledger-vkeys:/vkeys:ro" in SERVICES["web"]["volumes"]


def test_compose_image_and_benchmark_start_the_same_server():
    started = SERVICES["web"]["command"]
    assert json.loads(re.findall(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)[0]) == started
    assert set(started) - set(benchmark_server.production_command("web", 8000)) == {"0.0.0.0"}


def test_a_lost_web_worker_is_replaced_and_no_volume_is_named_after_a_folder():
    assert "--respawn-failed-workers" in SERVICES["web"]["command"]
    assert COMPOSE["name"] == "finobs"


def test_the_proxy_asks_again_and_sends_nothing_twice_that_changes_something():
    """Measured with a worker killed under load: no reader is answered 502 (docs/operator.md)."""
    text = (BASE_DIR / "deploy" / "Caddyfile").read_text()
    assert text.count("reverse_proxy ") == text.count("import again") == 2
    for line in ("lb_try_duration 30s", "method GET HEAD OPTIONS", "keepalive off"):
        assert line in text


@pytest.mark.parametrize("name", OURS)
def test_a_signal_reaches_what_runs_in_the_container(name):
    assert SERVICES[name]["init"] is True


def test_an_alarm_of_the_ledger_does_not_keep_the_proxy_from_starting():
    """With an open alarm web is unhealthy, and people must be able to look at it."""
    assert {need["condition"] for need in SERVICES["proxy"]["depends_on"].values()} == {"service_started"}


def test_every_command_of_the_guide_names_a_service_and_a_command_that_are_there():
    lines = re.findall(r"docker compose (?:run|exec)((?: --?[A-Za-z-]+(?: \"[^\"]+\")?)*) ([a-z]+)(.*)", GUIDE)
    assert len(lines) > 8
    for _, service, rest in lines:
        assert service in SERVICES
        if command := re.search(r"manage\.py ([a-z_]+)", rest):
            assert command.group(1) in get_commands()


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


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate", "proxy"}))
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


def test_the_example_sets_every_variable_that_compose_cannot_do_without():
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", TEXT))
    given = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert asked <= given


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
