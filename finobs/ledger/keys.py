"""Where the keys are: private ones in a file that only the sealer reads, public ones in a file that everybody may.

Rotation: a new key is added and both sign (overlap); then the old private key is retired. Its public key stays for
ever, so that old checkpoints verify for ever (AUD-9).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from .note import NoteError, SigningKey, VerifierKey
from .note_file import text_of_file


def signing_keys() -> list[SigningKey]:
    """Every key that signs now; none if there is no file, or if this process may not read it."""
    try:
        return [SigningKey.parse(line) for line in _lines(Path(settings.LEDGER_KEY_FILE))]
    except (FileNotFoundError, PermissionError):
        return []


def verifier_keys(path: str | Path = "") -> list[VerifierKey]:
    """Every public key that this installation (or the file at `path`) trusts, the retired ones included."""
    try:
        return [VerifierKey.parse(line) for line in _lines(Path(path or settings.LEDGER_VKEYS_FILE))]
    except FileNotFoundError:
        return []


def create() -> VerifierKey:
    """The first key. Refuses to replace one."""
    if Path(settings.LEDGER_KEY_FILE).exists():
        raise NoteError(f"{settings.LEDGER_KEY_FILE} exists: use rotate")
    return _add([])


def rotate() -> VerifierKey:
    """Add a key: from now on the old and the new one sign every checkpoint."""
    present = signing_keys()
    if not present:
        raise NoteError("there is no key here to rotate: use create, or look where the sealer runs")
    return _add(present)


def retire(key_id: str) -> VerifierKey:
    """End the overlap: forget one private key. Never the last one; its public key stays trusted."""
    present = signing_keys()
    retired = [key for key in present if key.verifier.key_id.hex() == key_id]
    if not retired:
        raise NoteError(f"no signing key has the id {key_id}")
    if len(present) == 1:
        raise NoteError("this is the only signing key: rotate first")
    # The public key stays in the other file: old checkpoints verify for ever (AUD-9).
    _write(Path(settings.LEDGER_KEY_FILE), (key.text() for key in present if key not in retired), 0o600)
    return retired[0].verifier


def distrust(key_id: str, until: int) -> VerifierKey:
    """After a compromise: the key counts only for checkpoints up to the size `until`."""
    keys = verifier_keys()
    if key_id not in {key.key_id.hex() for key in keys}:
        raise NoteError(f"no trusted key has the id {key_id}")
    changed = [
        VerifierKey(key.name, key.key_id, key.public, until) if key.key_id.hex() == key_id else key for key in keys
    ]
    _write(Path(settings.LEDGER_VKEYS_FILE), map(str, changed), 0o644)
    return next(key for key in changed if key.key_id.hex() == key_id)


def _add(present: list[SigningKey]) -> VerifierKey:
    key = SigningKey.generate(settings.LEDGER_ORIGIN)
    # The public key first: a checkpoint that nobody can verify must never be signed.
    _write(Path(settings.LEDGER_VKEYS_FILE), [*map(str, verifier_keys()), str(key.verifier)], 0o644)
    _write(Path(settings.LEDGER_KEY_FILE), [*(old.text() for old in present), key.text()], 0o600)
    return key.verifier


def _lines(path: Path) -> list[str]:
    lines = (line.strip() for line in text_of_file(path.read_bytes()).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _write(path: Path, lines: Iterable[str], mode: int) -> None:
    """Replace the file in one step, never readable by others for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    # Made with its mode, not changed to it: the key is readable by others at no moment.
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
