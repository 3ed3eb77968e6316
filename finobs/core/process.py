"""Which process this is: finobs's own, serving people and working its jobs, or one that an operator started by hand.

Whatever does not say that it serves is an operator's: a command, a shell, a script. What they do is theirs in the
ledger, whoever they do it as, under the name that the operating system has for them.
"""

from __future__ import annotations

import os
import pwd
import socket
import sys
from pathlib import Path
from typing import NamedTuple

_is_serving = False


class Operator(NamedTuple):
    """Who runs this process: the system's name of its user, its host, its number, and which command it is."""

    user: str
    host: str
    pid: int
    command: str

    @property
    def address(self) -> str:
        return f"{self.user}@{self.host}"


def serve() -> None:
    """This process is finobs's own: web server, worker, or all of it in one."""
    global _is_serving
    _is_serving = True


def operator() -> Operator | None:
    """Who started this process by hand; None in one of finobs's own."""
    if _is_serving:
        return None
    return Operator(_user(), socket.gethostname(), os.getpid(), _command())


def _user() -> str:
    # By the process's own number, not by LOGNAME or USER, which anybody may set to anything.
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _command() -> str:
    """Its name only: arguments may hold secrets."""
    name = Path(sys.argv[0]).name if sys.argv else ""
    return f"{name} {sys.argv[1]}" if name in ("manage.py", "django-admin") and len(sys.argv) > 1 else name
