"""Production starts on nothing that is a default or a guess, and passes Django's own deployment checks."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from finobs.settings.env import BASE_DIR
from finobs.settings.secret_strength import require_strong_key, require_strong_password

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
        ({"SECRET_KEY": "k" * 60}, "SECRET_KEY"),
        ({"SECRET_KEY": "ab" * 30}, "SECRET_KEY"),
        ({"SECRET_KEY": "abcdefghijklmnopqrstuvwxyz" * 3}, "SECRET_KEY"),
        ({"SECRET_KEY": "abcdefghijklmnopqrstuvwxyz01234567890qwertyuiopasdfghjklzxcvbnm"}, "SECRET_KEY"),
        ({"SECRET_KEY": "change-me-before-the-first-start" * 2}, "SECRET_KEY"),
        ({"SECRET_KEY": "django-insecure-" + GOOD["SECRET_KEY"]}, "SECRET_KEY"),
        ({"DATABASE_URL": "postgres://finobs:change-me-before-the-first-start@127.0.0.1:5432/finobs"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://finobs:aaaaaaaaaaaa@127.0.0.1:5432/finobs"}, "DATABASE_URL"),
        ({"REDIS_URL": "redis://:aaaaaaaaaaaa@127.0.0.1:6379/0"}, "REDIS_URL"),
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


def test_no_weak_secret_is_repeated_in_what_refuses_it():
    for weak in ("k" * 60, "change-me-before-the-first-start" * 2):
        assert weak not in manage("check", SECRET_KEY=weak).stderr


def test_the_secrets_of_the_example_are_refused(tmp_path):
    """Whatever the example calls a secret, production does not start with its value."""
    lines = (line.partition("=") for line in (BASE_DIR / ".env.example").read_text().splitlines() if "=" in line)
    values = {name: value for name, _, value in lines if re.fullmatch(r"[A-Z_]*(SECRET|PASSWORD|TOKEN)[A-Z_]*", name)}
    assert {"SECRET_KEY", "POSTGRES_PASSWORD"} <= values.keys()
    for value in values.values():
        with pytest.raises(ImproperlyConfigured):
            require_strong_key("SECRET_KEY", value * 2)
        with pytest.raises(ImproperlyConfigured):
            require_strong_password("DATABASE_URL", f"postgres://finobs:{value}@host/finobs")


def test_a_random_key_is_taken():
    for _ in range(200):
        require_strong_key("SECRET_KEY", secrets.token_urlsafe(64))
        require_strong_key("SECRET_KEY", secrets.token_hex(32))
    require_strong_password("DATABASE_URL", "postgres://finobs@host/finobs")
    require_strong_password("DATABASE_URL", f"postgres://finobs:{secrets.token_urlsafe(12)}@host/finobs")


def test_the_embedded_mode_takes_no_weak_key_either(tmp_path):
    ran = manage(
        "check", DJANGO_SETTINGS_MODULE="finobs.settings.local", SECRET_KEY="k" * 60, FINOBS_VAR_DIR=str(tmp_path)
    )
    assert ran.returncode != 0
    assert "SECRET_KEY" in ran.stderr


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
