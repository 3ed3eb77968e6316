"""The production server as a child process, on the database of the benchmark that started it, and load upon it."""

from __future__ import annotations

import atexit
import json
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TextIO
from urllib.parse import quote

import yaml
from django.conf import settings
from django.db import connection

from finobs.settings import env

from .registry import percentile

HOST = "127.0.0.1"
WORKERS, THREADS = 2, 4
STARTS_WITHIN = 60.0


class Process(NamedTuple):
    """A service of docker-compose as a child process: its port, its pid, and what it has said so far."""

    port: int
    pid: int
    said: Callable[[], str]


@contextmanager
def server() -> Iterator[int]:
    """What the production container of web runs, on this machine; yields its port."""
    with process("web") as web:
        yield web.port
        if said := web.said()[-2000:].strip():
            sys.stderr.write(f"The server said: {said}\n")


@contextmanager
def process(service: str, *, with_pages: bool = False, **environment: str) -> Iterator[Process]:
    """The command of a service of docker-compose, listening on a free port; ended afterwards.

    `with_pages`: static files are collected first, without which production shows no page. `environment` adds to what
    the database of this process gives, and to production's settings.
    """
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="finobs-server-") as folder, open(f"{folder}/log", "w+") as log:
        complete = _environment(folder) | environment
        if with_pages:
            (Path(folder) / "var" / "static").rmdir()
            (Path(folder) / "var" / "static").symlink_to(_static_files())
        command = production_command(service, port)
        child = subprocess.Popen(command, env=complete, cwd=settings.BASE_DIR, stdout=log, stderr=log)
        try:
            _wait(child, port, log)
            yield Process(port, child.pid, lambda: _read(log))
        finally:
            child.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.wait(15)
            child.kill()
            child.wait()


def load(port: int, runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What each run came to: {"seconds", "latencies", "statuses"} by name. The generator is a process of its own."""
    plan = {"host": HOST, "port": port, "runs": list(runs)}
    limit = sum(run["seconds"] for run in runs) + 120
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load"], input=json.dumps(plan), capture_output=True, text=True,
        cwd=settings.BASE_DIR, timeout=limit,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the load generator failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def figures(name: str, found: dict[str, Any]) -> dict[str, float]:
    """The latencies and the rate of one run, as a report shows them."""
    shown = {f"{name}_p{part}_ms": percentile(found["latencies"], part) * 1000 for part in (50, 95, 99)}
    return shown | {f"{name}_per_second": len(found["latencies"]) / found["seconds"]}


@cache
def _static_files() -> Path:
    """Collected once for all servers of this process."""
    folder = Path(tempfile.mkdtemp(prefix="finobs-static-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, env=_environment(str(folder)), cwd=settings.BASE_DIR, check=True, capture_output=True)
    return folder / "var" / "static"


def production_command(service: str, port: int) -> list[str]:
    """What docker-compose runs as `service`, on `port` of this machine."""
    command = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())["services"][service]["command"]
    options = {"--host": HOST, "--port": str(port)}
    words = [options.get(before, word) for before, word in zip(["", *command], command, strict=False)]
    # As a module, for the interpreter of this environment; granian's own lines say no more than that it started.
    quiet = ["--no-log"] if words[0] == "granian" else []
    return [sys.executable, "-m", *words, *quiet]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


def _environment(folder: str) -> dict[str, str]:
    """Production on PostgreSQL; on SQLite, which production refuses, the embedded settings."""
    (Path(folder) / "var" / "static").mkdir(parents=True)
    mode = "production" if connection.vendor == "postgresql" else "local"
    return {
        **env.inherited(),
        "DJANGO_SETTINGS_MODULE": f"finobs.settings.{mode}",
        "DATABASE_URL": database_url(connection.vendor, connection.settings_dict),
        "REDIS_URL": env.REDIS_URL or ("redis://127.0.0.1:6379/0" if mode == "production" else ""),
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": HOST,
        "FINOBS_VAR_DIR": str(Path(folder) / "var"),
        "OMP_NUM_THREADS": "1",
    }


def database_url(vendor: str, chosen: dict[str, Any]) -> str:
    """The database of these Django settings as a URL."""
    if vendor == "sqlite":
        return env.sqlite_file(Path(chosen["NAME"]))
    who = quote(chosen["USER"], safe="") + (f":{quote(chosen['PASSWORD'], safe='')}" if chosen["PASSWORD"] else "")
    where = quote(chosen["HOST"] or "", safe="") + (f":{chosen['PORT']}" if chosen["PORT"] else "")
    return f"postgres://{who}@{where}/{quote(str(chosen['NAME']), safe='')}"


def _wait(child: subprocess.Popen[bytes], port: int, log: TextIO) -> None:
    over = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < over:
        if child.poll() is not None:
            break
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1) as probe:
            probe.settimeout(20)
            probe.sendall(f"GET /livez HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            if probe.recv(100).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {_read(log)[-2000:]}")


def _read(log: TextIO) -> str:
    log.seek(0)
    return log.read()
