"""The secret beside a row under which the ledger speaks of what the row tells of people."""

from __future__ import annotations

import secrets


def new_salt() -> bytes:
    """32 bytes, for what the ledger says of one row by digest (`core.history`)."""
    return secrets.token_bytes(32)
