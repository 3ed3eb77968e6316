"""What an API token looks like: `finobs_<prefix>_<secret><checksum>` (SEC-8).

The fixed beginning and the CRC let secret scanners find a leaked one without asking us; the secret is 256 random
bits, so that a plain SHA-256 digest of it is safe to keep.

>>> prefix, text = generate()
>>> prefix_of(text) == prefix, prefix_of(text[:-1] + "!") is None
(True, True)
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

TOKEN_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN_PREFIX = "finobs_"
TOKEN_PATTERN = re.compile(r"finobs_([0-9A-Za-z]{8})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})", re.ASCII)


def generate() -> tuple[str, str]:
    """A new (prefix, token)."""
    prefix = _base62(secrets.randbelow(62**8), 8)
    body = f"{TOKEN_PREFIX}{prefix}_{_base62(secrets.randbits(256), 43)}"
    return prefix, body + _checksum(body)


def prefix_of(text: str) -> str | None:
    """The prefix of what could be a token, or None: checked before the database is asked."""
    match = TOKEN_PATTERN.fullmatch(text)
    if match is None or _checksum(text[:-6]) != match[3]:
        return None
    return match[1]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), 6)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits.append(TOKEN_ALPHABET[rest])
    return "".join(reversed(digits))
