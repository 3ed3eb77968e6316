"""The last note that this sealer signed, kept beside the key: what a changed or restored database cannot forget."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from . import keys
from .note import Statement, open_checkpoint, text_of


def file_path() -> Path:
    return Path(settings.LEDGER_KEY_FILE + ".signed")


def latest() -> str | None:
    try:
        return file_path().read_text()
    except FileNotFoundError:
        return None


def statement_of(note: str) -> Statement:
    return open_checkpoint(note, keys.verifier_keys(), settings.LEDGER_ORIGIN)


def store(note: str) -> None:
    """Keep `note` if it is the largest. After the commit: a kill in between leaves the older one, which also holds."""
    newest = latest()
    if newest is not None and Statement.parse(text_of(newest)).size >= Statement.parse(text_of(note)).size:
        return
    draft = file_path().with_name(f"{file_path().name}.{os.getpid()}")
    draft.write_text(note)
    draft.chmod(0o600)
    # In one step: a kill leaves the older note or the newer one, never half of one.
    draft.replace(file_path())


def delete() -> None:
    """After a restore that a person has accepted."""
    file_path().unlink(missing_ok=True)
