"""What each kind of process is called at the servers that it asks, and how long it waits for their answers.

Whatever waits must end: a server that accepts a connection and never answers would otherwise hold every thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

CONNECT_SECONDS: Final = 3
# Beyond its own limit a statement has been cancelled by PostgreSQL; if no word of it comes, PostgreSQL hangs.
ANSWER_MARGIN_SECONDS: Final = 5
REDIS_ANSWER_SECONDS: Final = 5
# A layer's receive waits 5 s on purpose (channels_redis).
CHANNELS_ANSWER_SECONDS: Final = 10
HEALTH_CHECK_SECONDS: Final = 25


class Limits(NamedTuple):
    """Seconds; 0: no end. `statement`: one statement. `lock`: waiting for a lock. `idle`: between two statements of a
    transaction, while others wait for its locks."""

    statement: int
    lock: int
    idle: int


LIMITS: Final = {
    # Somebody waits, and so do those behind them. A batch of 10,000 rows is many statements.
    "web": Limits(20, 5, 60),
    "live": Limits(10, 5, 30),
    # Trainings read months of rows, and compute between two statements.
    "worker": Limits(15 * 60, 60, 15 * 60),
    "beat": Limits(30, 10, 60),
    "sealer": Limits(5 * 60, 30, 5 * 60),
    # Everything in one process on this machine: pages and trainings alike.
    "embedded": Limits(15 * 60, 30, 15 * 60),
    # A person started it and can stop it: imports, migrations, verification. Only the wait for a lock ends.
    "command": Limits(0, 5 * 60, 0),
}
SERVERS: Final = {"granian": "web", "uvicorn": "live"}
COMMANDS: Final = {"seal_ledger": "sealer", "demo": "embedded"}


def kind_of(argv: Sequence[str]) -> str:
    """The kind of process that this command line starts."""
    program = Path(argv[0]) if argv else Path()
    # `python -m granian` is the file __main__.py in a folder of that name.
    name = program.parent.name if program.stem == "__main__" else program.stem
    if name == "celery":
        return next((word for word in argv[1:] if word in ("worker", "beat")), "command")
    return SERVERS.get(name) or next((COMMANDS[word] for word in argv[1:2] if word in COMMANDS), "command")


def postgresql_options(kind: str, limits: Limits) -> dict[str, Any]:
    """Options of a connection: its name and its ends to waiting, and that a lost server is noticed."""
    session = {
        # Compiling plans (JIT) costs more than it saves: 0.8 to 2 s for a list that takes 0.2 s without (measured).
        "jit": "off",
        "statement_timeout": f"{limits.statement}s",
        "lock_timeout": f"{limits.lock}s",
        "idle_in_transaction_session_timeout": f"{limits.idle}s",
    }
    return {
        "application_name": f"finobs-{kind}",
        "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
        "connect_timeout": CONNECT_SECONDS,
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        # Milliseconds until data that nobody confirms ends the connection: the other machine has gone.
        "tcp_user_timeout": 15_000,
    }


def answer_seconds(limits: Limits) -> int | None:
    """How long the client waits for the answer to one statement; None: without an end."""
    return limits.statement + ANSWER_MARGIN_SECONDS if limits.statement else None


def redis_options(answer_seconds: float = REDIS_ANSWER_SECONDS) -> dict[str, Any]:
    """Keyword arguments of any connection to Redis."""
    return {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": answer_seconds,
        "socket_keepalive": True,
        "health_check_interval": HEALTH_CHECK_SECONDS,
    }
