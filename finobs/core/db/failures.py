"""What a database's error means, and what of its text names servers and tables but quotes no row."""

from __future__ import annotations

from typing import Any, Final

from django.db import Error, InterfaceError, OperationalError

# Classes of SQLSTATE whose message names servers, limits, tables or what a trigger of ours says; never 22 or 23, which
# quote values.
ABOUT_SERVERS: Final = ("08", "25", "28", "3D", "40", "42", "53", "54", "55", "57", "58", "P0")
# Connection exceptions, shutdown and start of the server.
CONNECTION_LOST: Final = ("08", "57P")
STATEMENT_TIMEOUT: Final = "57014"
LOCK_TIMEOUT: Final = "55P03"
IDLE_TIMEOUT: Final = "25P03"


def is_database_error(error: BaseException) -> bool:
    """Of Django, or of the driver beneath it."""
    return isinstance(error, Error) or _driver(error) in ("psycopg", "sqlite3")


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of what it refused, or empty."""
    codes = (getattr(link, "sqlstate", None) for link in (error, error.__cause__))
    return next((str(code) for code in codes if code), "")


def is_connection_lost(error: BaseException) -> bool:
    """Is the server away? SQLite has none. PostgreSQL's errors without a code are those of the connection."""
    if code := sqlstate(error):
        return code.startswith(CONNECTION_LOST)
    cause = error.__cause__ or error
    kinds = {kind.__name__ for kind in type(cause).__mro__}
    if "PipelineAborted" in kinds:
        return False  # a statement before it in the same pipeline was refused
    is_operational = isinstance(error, OperationalError | InterfaceError) or "OperationalError" in kinds
    return _driver(cause) == "psycopg" and is_operational


def text_without_values(error: BaseException) -> str:
    """What may be written where people read who may not read the rows."""
    cause: Any = error.__cause__ if isinstance(error, Error) and error.__cause__ else error
    code, diagnosis = sqlstate(error), getattr(cause, "diag", None)
    if _driver(cause) != "psycopg" or not code:
        # SQLite names tables and columns; a connection that failed names its server.
        return str(error)
    names = {name: getattr(diagnosis, f"{name}_name", None) for name in ("constraint", "table", "column", "datatype")}
    where = ", ".join(f"{name} {value}" for name, value in names.items() if value)
    primary = (diagnosis.message_primary or "") if diagnosis and code[:2] in ABOUT_SERVERS else ""
    return " ".join(filter(None, (f"SQLSTATE {code}", primary, where and f"({where})")))


def _driver(error: BaseException) -> str:
    return type(error).__module__.split(".")[0]
