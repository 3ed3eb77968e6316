"""Checkpoints as C2SP signed notes (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), with Ed25519.

A note is text, an empty line, and one signature line per key. Signatures of unknown keys are ignored, so that keys
can be rotated and witnesses can cosign; a bad signature of a known key rejects the whole note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .merkle import HASH_SIZE

# The algorithm byte of C2SP: another scheme gets another byte, and old notes stay readable.
ED25519 = 0x01
MAX_SIGNATURES = 64
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+]{1,200}")


class NoteError(ValueError):
    """This is no note, or no note that a trusted key has signed."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key: `name+id+base64`. With `until`, it counts only for checkpoints up to that size (a compromise)."""

    name: str
    key_id: bytes
    public: bytes
    until: int | None = None

    @classmethod
    def parse(cls, line: str) -> VerifierKey:
        """Read `name+id+base64(0x01 || public)`, optionally followed by ` until=SIZE`."""
        text, _, rest = line.strip().partition(" ")
        parts = text.split("+", 2)
        if len(parts) != 3 or (rest and not re.fullmatch(r"until=[0-9]+", rest)):
            raise NoteError(f"not a verifier key: {line.strip()!r}")
        name, raw = parts[0], _decode(parts[2])
        if len(raw) != 33 or raw[0] != ED25519 or parts[1] != key_id(name, raw[1:]).hex():
            raise NoteError(f"not an Ed25519 verifier key, or with a wrong key id: {line.strip()!r}")
        return cls(_named(name), key_id(name, raw[1:]), raw[1:], int(rest[6:]) if rest else None)

    def __str__(self) -> str:
        text = f"{self.name}+{self.key_id.hex()}+{_encode(bytes([ED25519]) + self.public)}"
        return text if self.until is None else f"{text} until={self.until}"

    def verify(self, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key. Only the sealer's process ever holds one."""

    name: str
    seed: bytes

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        return cls(_named(name), Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, line: str) -> SigningKey:
        """Read `PRIVATE+KEY+name+id+base64(0x01 || seed)`."""
        parts = line.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise NoteError("not a signing key")
        raw = _decode(parts[4])
        if len(raw) != 33 or raw[0] != ED25519:
            raise NoteError("not an Ed25519 signing key")
        key = cls(_named(parts[2]), raw[1:])
        if key.verifier.key_id.hex() != parts[3]:
            raise NoteError("the signing key does not have the id that its file says")
        return key

    def text(self) -> str:
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{_encode(bytes([ED25519]) + self.seed)}"

    def __repr__(self) -> str:
        return f"SigningKey({self.name}+{self.verifier.key_id.hex()})"

    @property
    def verifier(self) -> VerifierKey:
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, key_id(self.name, public), public)

    def sign(self, message: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a checkpoint says: this log, at this size, has this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_encode(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Statement:
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteError("a checkpoint has an origin, a size and a root, each on its line")
        origin, size, root = lines[0], lines[1], _decode(lines[2])
        if not _SIZE.fullmatch(size):
            raise NoteError(f"{size!r} is not a size")
        if len(root) != HASH_SIZE:
            raise NoteError("a root has 32 bytes")
        return cls(origin, int(size), root)


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A note whose signatures hold."""

    text: str
    signed_by: tuple[VerifierKey, ...]
    unknown: int

    @property
    def statement(self) -> Statement:
        return Statement.parse(self.text)


def key_id(name: str, public: bytes) -> bytes:
    """SHA-256(name || 0x0A || algorithm || public key), the first four bytes."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([ED25519]) + public).digest()[:4]


def sign(text: str, keys: Iterable[SigningKey]) -> str:
    """`text` as a note signed by every key."""
    _check_text(text)
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends with a newline")
    lines = [
        f"— {key.name} {_encode(key.verifier.key_id + key.sign(text.encode()))}\n" for key in keys
    ]  # fmt: skip
    if not lines:
        raise NoteError("a note needs a signature")
    return f"{text}\n{''.join(lines)}"


def open_note(note: str, keys: Sequence[VerifierKey]) -> VerifiedNote:
    """The text of `note`, once at least one of `keys` has signed it and none of them has a bad signature on it."""
    text, signatures = _split(note)
    keys_by_id = {(key.name, key.key_id): key for key in keys}
    signed_by: list[VerifierKey] = []
    unknown = 0
    for name, identifier, signature in signatures:
        key = keys_by_id.get((name, identifier))
        if key is None:
            unknown += 1
        elif not key.verify(text.encode(), signature):
            raise NoteError(f"the signature of {name}+{identifier.hex()} is wrong")
        elif key not in signed_by:
            signed_by.append(key)
    if not signed_by:
        raise NoteError("no known key has signed this note")
    return VerifiedNote(text, tuple(signed_by), unknown)


def open_checkpoint(note: str, keys: Sequence[VerifierKey], origin: str) -> Statement:
    """The statement of a checkpoint of the log `origin`, signed by a key that still counts at its size."""
    opened = open_note(note, keys)
    statement = opened.statement
    if statement.origin != origin:
        raise NoteError(f"this is a checkpoint of {statement.origin!r}, not of {origin!r}")
    if not any(key.until is None or statement.size <= key.until for key in opened.signed_by):
        raise NoteError(f"only distrusted keys have signed size {statement.size}")
    return statement


def text_of(note: str) -> str:
    """The signed text of a note, whoever has signed it."""
    return _split(note)[0]


def _split(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    _check_text(note)
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n") or at + 2 == len(note):
        raise NoteError("a note is text, an empty line, and signatures")
    text, lines = note[: at + 1], note[at + 2 : -1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"more than {MAX_SIGNATURES} signatures")
    return text, [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not _NAME.fullmatch(parts[1]):
        raise NoteError(f"not a signature line: {line!r}")
    raw = _decode(parts[2])
    if len(raw) < 5:
        raise NoteError(f"not a signature: {line!r}")
    return parts[1], raw[:4], raw[4:]


def _check_text(text: str) -> None:
    if any(ord(sign) < 32 and sign != "\n" for sign in text):
        raise NoteError("a note has no control characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NoteError("a note is valid UTF-8") from error


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise NoteError(f"{name!r} cannot be the name of a key: no spaces, no plus sign")
    return name


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes:
    """Base64 in its one canonical form: other spellings of the same bytes are refused."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"not base64: {text!r}") from error
    if _encode(data) != text:
        raise NoteError(f"not canonical base64: {text!r}")
    return data
