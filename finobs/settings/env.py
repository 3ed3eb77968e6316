"""Every environment variable that finobs reads, in one place.

A variable that is malformed, or missing where a mode needs it, stops the process with a message that names it:
a compliance system must not start on a guess. One that is empty is as if it were not set, so that compose may hand
every variable on, set or not.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from finobs.settings import process_limits

BASE_DIR = Path(__file__).resolve().parent.parent.parent


class _Env(environ.Env):
    """Values as they are: the library would take one that begins with `$` for the name of another variable."""

    names: ClassVar[set[str]] = set()

    def get_value(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: Any = False
    ) -> Any:
        self.names.add(var)
        value = os.environ.get(var, "")
        if value:
            return self.parse_value(value, cast)
        if default is self.NOTSET:
            raise ImproperlyConfigured(f"Set the {var} environment variable")
        return self.parse_value(default, cast) if parse_default else default


_env = _Env()
# RFC 3986, and less where the libraries that share an address differ (environ, redis-py, kombu): a mark of the URL
# (`@ : / ? # [ ] %`) stands percent-encoded in a name or password, and a plus sign in a path (some read a space).
_UNRESERVED = r"[A-Za-z0-9._~!$&'()*,;=-]|%[0-9A-Fa-f]{2}"
_WORD = rf"(?:[+]|{_UNRESERVED})*"
_ADDRESS = re.compile(
    rf"(?P<scheme>[a-z]+)://(?:{_WORD}(?::{_WORD})?@)?(?:\[[0-9A-Fa-f:.]+\]|{_WORD})(?::(?P<port>[0-9]{{1,5}}))?"
    rf"(?:/(?P<path>(?:{_UNRESERVED})*))?(?:\?{_WORD})?"
)
_SQLITE = re.compile(rf"sqlite://(?:/|{_UNRESERVED})*|sqlite://:memory:")
_ENCODE = (
    "can be read in more than one way: in a user name, password, path or option the characters @ : / ? # [ ] % and "
    "spaces must be percent-encoded (@ is %40, # is %23, / is %2F, ? is %3F, : is %3A, % is %25)"
)


def _read(read: Any, name: str, default: Any) -> Any:
    try:
        return read(name, default=default)
    except ImproperlyConfigured:
        raise
    except Exception as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def address(name: str, *schemes: str) -> str:
    """The URL in the variable `name`, or "". Raises ImproperlyConfigured where two readers of it could differ.

    The message holds no part of the value: it may have a password in it.
    """
    value = text(name, "")
    if not value or ("sqlite" in schemes and _SQLITE.fullmatch(value)):
        return value
    match = _ADDRESS.fullmatch(value)
    if match is None:
        raise ImproperlyConfigured(f"{name} {_ENCODE}")
    if match["scheme"] not in schemes:
        raise ImproperlyConfigured(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if not 0 < int(match["port"] or 1) < 65_536:
        raise ImproperlyConfigured(f"{name} names a port that does not exist")
    return value


def database_address(name: str) -> str:
    value = address(name, "postgres", "postgresql", "sqlite")
    if value and not urlsplit(value).path.strip("/"):
        raise ImproperlyConfigured(f"{name} names no database: postgres://user@host:5432/name")
    return value


def redis_address(name: str) -> str:
    value = address(name, "redis", "rediss")
    # Clients take database 0 for whatever is no number.
    if not re.fullmatch(r"(/[0-9]{1,3})?", urlsplit(value).path):
        raise ImproperlyConfigured(f"{name} must end with the number of a Redis database, such as /0")
    return value


def text(name: str, default: str | None = None) -> str:
    value: str = _read(_env.str, name, default if default is not None else environ.Env.NOTSET)
    return value


def whole(name: str, default: int, *, least: int = 0) -> int:
    value: int = _read(_env.int, name, default)
    if value < least:
        raise ImproperlyConfigured(f"{name} is {value}; it must be at least {least}")
    return value


def names(name: str, default: list[str]) -> list[str]:
    value: list[str] = _read(_env.list, name, default)
    return [each.strip() for each in value]


def choice(name: str, default: str, choices: Sequence[str]) -> str:
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(choices)}")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    value: dict[str, Any] = _read(_env.db_url, name, default)
    if not value.get("ENGINE"):
        raise ImproperlyConfigured(f"{name} names no database finobs knows: use postgres:// or sqlite:///")
    return value


def sqlite_file(path: Path) -> str:
    """The address of a database file, whatever signs its name has."""
    return f"sqlite:///{quote(str(path))}"


def variables() -> frozenset[str]:
    """The names of all that has been read: what a guide, an example and compose have to know."""
    return frozenset(_env.names)


def inherited() -> dict[str, str]:
    """All of it as it is, for a child process that is to start as this one did."""
    return dict(os.environ)


# Where the embedded mode keeps what it writes: database, ledger key, static files.
VAR_DIR = Path(text("FINOBS_VAR_DIR", str(BASE_DIR / "var")))
DATABASE_URL = database_address("DATABASE_URL")
# Libpq uses it by itself; here it is looked at only, for it may be a weak one.
PGPASSWORD = text("PGPASSWORD", "")
REDIS_URL = redis_address("REDIS_URL")
SECRET_KEY = text("SECRET_KEY", "")
ALLOWED_HOSTS = names("ALLOWED_HOSTS", [])
CSRF_TRUSTED_ORIGINS = names("CSRF_TRUSTED_ORIGINS", [])
TIME_ZONE = text("TIME_ZONE", "UTC")
PORT = whole("PORT", 8000, least=1)
# Of one web worker process: so many requests are served at once, each with a database connection of its own.
WEB_THREADS = whole("WEB_THREADS", 4, least=1)
# A statement is prepared on PostgreSQL when it is asked for the so-manieth time; 0: never, for a pooler that hands
# connections out by the transaction.
DATABASE_PREPARE_AFTER = whole("DATABASE_PREPARE_AFTER", 5)
# What this process is, by its command line unless it is said; names it at the database and chooses its limits.
PROCESS = choice("FINOBS_PROCESS", process_limits.kind_of(sys.argv), list(process_limits.LIMITS))
_limits = process_limits.LIMITS[PROCESS]
DATABASE_LIMITS = process_limits.Limits(
    whole("DATABASE_STATEMENT_SECONDS", _limits.statement),
    whole("DATABASE_LOCK_SECONDS", _limits.lock),
    whole("DATABASE_IDLE_SECONDS", _limits.idle),
)
# SEC-3 asks for 15 minutes idle and 8 to 12 hours absolute.
SESSION_IDLE_SECONDS = whole("SESSION_IDLE_SECONDS", 15 * 60, least=60)
SESSION_ABSOLUTE_SECONDS = whole("SESSION_ABSOLUTE_SECONDS", 10 * 60 * 60, least=300)
# How many proxies of our own stand in front and write X-Forwarded-For; 0: the connection's address counts.
TRUSTED_PROXIES = whole("TRUSTED_PROXIES", 0)
# Ledger: the signing key's file (only the sealer reads it) and the name in front of its signatures.
LEDGER_KEY_FILE = text("LEDGER_KEY_FILE", str(VAR_DIR / "ledger.key"))
LEDGER_VKEYS_FILE = text("LEDGER_VKEYS_FILE", str(VAR_DIR / "ledger.vkeys"))
LEDGER_ORIGIN = text("LEDGER_ORIGIN", "finobs.local/ledger")
# Where the sealer and beat leave a sign of life for their health checks (deploy/healthcheck.py).
HEARTBEAT_DIR = text("HEARTBEAT_DIR", "")
CUSTOMER_RETENTION_YEARS = whole("CUSTOMER_RETENTION_YEARS", 5)
# Demo data. With DEMO_DATA, DEMO_TRANSACTIONS is how many rows of the file are taken at most (0: all).
DEMO_TRANSACTIONS = whole("DEMO_TRANSACTIONS", 0)
SEED_TRANSACTIONS = whole("SEED_TRANSACTIONS", DEMO_TRANSACTIONS or 50_000, least=1)
# Of the demo's bank: about how many customers, one for 25 payments as far as nothing is said.
DEMO_CUSTOMERS = whole("DEMO_CUSTOMERS", min(2_000, max(60, SEED_TRANSACTIONS // 25)), least=20)
DEMO_DAYS = whole("DEMO_DAYS", 182, least=7)
# Of `generate_transactions`.
SEED_ACCOUNTS = whole("SEED_ACCOUNTS", 600, least=10)
SEED_DAYS = whole("SEED_DAYS", 60, least=7)
SEED = whole("SEED", 20_260)
DEMO_DATA = text("DEMO_DATA", "")
DEMO_MAPPING = text("DEMO_MAPPING", "")
# Where acceptance tests and benchmarks look for real data; absent, they skip and say so.
FINOBS_DATA_DIR = Path(text("FINOBS_DATA_DIR", str(BASE_DIR.parent / "shared" / "data")))
