"""Processes that go on for ever: they end when they are told to, and say that they live."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import get_commands

from finobs.core import heartbeat
from finobs.core.beat import HeartbeatScheduler
from finobs.settings.env import BASE_DIR

# Commands that end only when they are told to; every other one ends by itself.
ENDLESS = {"seal_ledger": ["--loop", "0.2"], "demo": []}
HEALTHCHECK = BASE_DIR / "deploy" / "healthcheck.py"
STARTS_WITHIN, ENDS_WITHIN = 90.0, 10.0


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An installation of its own in the embedded mode, with tables and a key."""
    folder = tmp_path_factory.mktemp("installation")
    values = {
        **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
        "DJANGO_SETTINGS_MODULE": "finobs.settings.local", "FINOBS_VAR_DIR": str(folder / "var"),
        "HEARTBEAT_DIR": str(folder), "SEED_TRANSACTIONS": "200", "PORT": "18431",
    }  # fmt: skip
    for command in (["migrate", "--verbosity", "0"], ["ledger_key", "create"]):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=BASE_DIR, env=values, check=True, capture_output=True
        )
    return values


def start(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=out, stderr=subprocess.STDOUT)


def wait_until(holds: object, child: subprocess.Popen[bytes], log: Path) -> None:
    over = time.monotonic() + STARTS_WITHIN
    while not holds():  # type: ignore[operator]
        assert child.poll() is None, log.read_text()
        assert time.monotonic() < over, log.read_text()
        time.sleep(0.05)


def end(child: subprocess.Popen[bytes], log: Path) -> int:
    child.send_signal(signal.SIGTERM)
    try:
        return child.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        pytest.fail(f"it goes on: {log.read_text()[-2000:]}")


def test_the_sealer_ends_on_sigterm_at_the_end_of_its_round(environment, tmp_path):
    log, sign = tmp_path / "log", Path(environment["HEARTBEAT_DIR"]) / "finobs-sealer.heartbeat"
    child = start([sys.executable, "manage.py", "seal_ledger", *ENDLESS["seal_ledger"]], environment, log)
    wait_until(sign.exists, child, log)
    assert end(child, log) == 0, log.read_text()


def test_beat_ends_on_sigterm_and_gives_a_sign_of_life(environment, tmp_path):
    log, sign = tmp_path / "log", Path(environment["HEARTBEAT_DIR"]) / "finobs-beat.heartbeat"
    command = [str(Path(sys.executable).with_name("celery")), "--app", "finobs", "beat", "--pidfile="]
    child = start(command, environment, log)
    wait_until(sign.exists, child, log)
    assert end(child, log) == 0, log.read_text()


def test_the_embedded_mode_ends_on_sigterm_once_it_serves(environment, tmp_path):
    log = tmp_path / "log"
    child = start([sys.executable, "manage.py", "demo"], environment, log)
    wait_until(lambda: "ready http" in log.read_text(), child, log)
    assert end(child, log) == 0, log.read_text()


def test_a_command_that_is_number_one_of_its_container_hears_sigterm(environment, tmp_path):
    """As such it would be deaf: the handler of manage.py is there before anything is loaded."""
    probe = "import manage, signal, sys; sys.argv=['manage.py','help']; manage.main(); print(signal.getsignal(signal.SIGTERM) is manage.terminate)"
    ran = subprocess.run([sys.executable, "-c", probe], cwd=BASE_DIR, env=environment, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "True"


def test_every_command_of_finobs_that_loops_is_known_here():
    """Another that goes on for ever has to end, too: it belongs into ENDLESS, with a test."""
    ours = {name: app for name, app in get_commands().items() if not str(app).startswith(("django", "rest_", "drf_"))}
    loops = set()
    for name, app in ours.items():
        path = BASE_DIR.joinpath(*str(app).split("."), "management", "commands", f"{name}.py")
        if path.exists() and any(word in path.read_text() for word in ("while True", "--loop", "serve(", ".wait(")):
            loops.add(name)
    assert loops == set(ENDLESS)


def ask(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    values = {"HEARTBEAT_DIR": str(folder), "PATH": os.environ["PATH"], "ALLOWED_HOSTS": "localhost"}
    return subprocess.run(
        [sys.executable, str(HEALTHCHECK), *arguments], env=values, capture_output=True, text=True, timeout=20
    )


def test_the_health_check_reads_the_sign_of_life(settings, tmp_path):
    settings.HEARTBEAT_DIR = tmp_path
    silent = ask(tmp_path, "sealer")
    assert (silent.returncode, silent.stderr.strip()) == (1, "sealer has given no sign of life")
    heartbeat.beat("sealer")
    assert ask(tmp_path, "sealer").returncode == 0
    heartbeat.beat("sealer", "no signing key")
    troubled = ask(tmp_path, "sealer")
    assert (troubled.returncode, troubled.stderr.strip()) == (1, "no signing key")
    heartbeat.beat("sealer")
    os.utime(heartbeat.file_path("sealer"), (time.time() - 70, time.time() - 70))
    old = ask(tmp_path, "sealer")
    assert (old.returncode, "last heard of 70 s ago" in old.stderr) == (1, True)


def test_the_health_check_of_a_server_that_is_away_names_its_port(tmp_path):
    away = ask(tmp_path, "18432")
    assert (away.returncode, "port 18432 does not answer" in away.stderr) == (1, True)


def test_a_sign_of_life_never_follows_a_link_and_stops_nothing(settings, tmp_path, caplog):
    settings.HEARTBEAT_DIR = tmp_path
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / f"finobs-sealer.heartbeat.{os.getpid()}").symlink_to(victim)
    heartbeat.beat("sealer")
    assert victim.read_text() == "mine"
    assert "no heartbeat of sealer" in caplog.text


@pytest.mark.parametrize("said", ["", "/somewhere"])
def test_the_embedded_mode_leaves_its_signs_of_life_among_its_own_files(tmp_path, said):
    """The system's temporary folder is everybody's, and who comes second could not replace the first one's file."""
    values = {
        **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
        "DJANGO_SETTINGS_MODULE": "finobs.settings.local", "FINOBS_VAR_DIR": str(tmp_path), "HEARTBEAT_DIR": said,
    }  # fmt: skip
    probe = "from django.conf import settings; print(settings.HEARTBEAT_DIR)"
    ran = subprocess.run(
        [sys.executable, "-c", probe], cwd=BASE_DIR, env=values, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == (said or str(tmp_path))


def test_the_scheduler_of_the_settings_is_the_one_with_a_heartbeat(settings):
    module, _, name = settings.CELERY_BEAT_SCHEDULER.partition(":")
    assert (module, name) == (HeartbeatScheduler.__module__, HeartbeatScheduler.__name__)
