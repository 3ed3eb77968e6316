"""Production starts on nothing that is a default or a guess, and passes Django's own deployment checks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from finobs.settings.env import BASE_DIR

GOOD = {
    "DJANGO_SETTINGS_MODULE": "finobs.settings.production",
    "SECRET_KEY": "".join(chr(97 + number * 7 % 26) + str(number) for number in range(30)),
    "ALLOWED_HOSTS": "finobs.example",
    "DATABASE_URL": "postgres://finobs@127.0.0.1:5432/finobs",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}


def manage(*arguments, **changed):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
    environment = kept | {name: value for name, value in (GOOD | changed).items() if value is not None}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=120)


def test_the_production_configuration_passes_the_deployment_checks_without_a_warning(tmp_path):
    ran = manage("check", "--deploy", "--fail-level", "WARNING", FINOBS_VAR_DIR=str(tmp_path))
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DATABASE_URL": None}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:////tmp/x.sqlite3"}, "DATABASE_URL"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://finobs:p@ss#1@127.0.0.1/finobs"}, "DATABASE_URL"),
        ({"REDIS_URL": None}, "REDIS_URL"),
        ({"REDIS_URL": "redis://:p/ss@127.0.0.1/0"}, "REDIS_URL"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"PORT": "eighty"}, "PORT"),
        ({"SESSION_IDLE_SECONDS": "1"}, "SESSION_IDLE_SECONDS"),
    ],
)
def test_the_production_configuration_refuses_to_start_and_names_what_is_wrong(changed, named):
    ran = manage("check", **changed)
    assert ran.returncode != 0
    assert named in ran.stderr.strip().splitlines()[-1]


def test_no_settings_say_debug():
    for mode in ("local", "production", "test"):
        text = (BASE_DIR / "finobs" / "settings" / f"{mode}.py").read_text()
        assert "DEBUG = True" not in text
        assert "DEBUG = False" in text


def test_environment_variables_are_read_in_one_place():
    """os.environ elsewhere only says which settings to use."""
    rooms = ("finobs", "transactions", "approvals", "detection", "cases", "exports", "agents")
    readers = []
    for room in rooms:
        for path in (BASE_DIR / room).rglob("*.py"):
            if "tests" in path.parts or path.parent == BASE_DIR / "finobs" / "settings":
                continue
            lines = path.read_text().splitlines()
            readers += [
                f"{path}: {line}"
                for line in lines
                if ("os.environ" in line or "getenv(" in line) and "DJANGO_SETTINGS_MODULE" not in line
            ]
    assert readers == []
