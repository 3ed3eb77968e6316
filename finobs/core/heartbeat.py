"""Signs of life of the processes that answer no request: beat and the sealer. One small file for each.

A file and no row: a process that waits for its database is alive, and its health check must not fail with the
database. `deploy/healthcheck.py` reads it, without Django, so that asking costs nothing.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from django.conf import settings

log = logging.getLogger("finobs.heartbeat")


def file_path(process: str) -> Path:
    return Path(settings.HEARTBEAT_DIR) / f"finobs-{process}.heartbeat"


def beat(process: str, trouble: str = "") -> None:
    """Say that `process` is alive, and why it cannot do its work, if it cannot.

    A folder that is full or not ours is logged: no reason for the process to end.
    """
    path = file_path(process)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        # Never through somebody else's link: the folder may be everybody's.
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
        with os.fdopen(handle, "w") as file:
            file.write(trouble)
        draft.replace(path)
    except OSError as error:
        log.warning("no heartbeat of %s can be written: %s", process, error)
