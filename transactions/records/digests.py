"""What the ledger commits to in place of personal data: a digest under a salt, which is erased with what it is of."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any


def salted_digest(salt: bytes | memoryview, content: Mapping[str, Any]) -> bytes:
    """HMAC-SHA-256 of the JSON of `content`, its keys in order, under `salt`.

    Who has not got the salt cannot try likely contents.
    """
    body = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.digest(bytes(salt), body.encode(), hashlib.sha256)
