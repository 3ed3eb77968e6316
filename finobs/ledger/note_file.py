"""Checkpoints and keys that people keep in files, as editors, shells and `jq -r` leave them."""

from __future__ import annotations

import sys
from pathlib import Path

from .note import NoteError

# `-` is what is piped in: a container does not see the files of whoever calls it.
STANDARD_INPUT = "-"


def read_note(name: str) -> str:
    """The note in the file `name` (`-`: standard input). Raises OSError, and NoteError that names file and cause."""
    data = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    try:
        return note_of(data)
    except NoteError as error:
        raise NoteError(f"{name}: {error}") from None


def note_of(data: bytes) -> str:
    """A note as it was signed: without a byte order mark, with the line ends of Unix and one of them at the end.

    None of these is part of what is signed, and a file gets them on its way. Whatever else was changed is refused.
    """
    text = text_of_file(data).replace("\r\n", "\n").strip("\n") + "\n"
    if text.startswith(('"', "{")):
        raise NoteError("this is JSON: keep the note itself, as `jq -r .note` prints it")
    if any(line != line.rstrip() for line in text.split("\n")):
        raise NoteError("a line ends with spaces, which were not there when it was signed")
    return text


def text_of_file(data: bytes) -> str:
    """UTF-8 with or without its mark. Raises NoteError for another encoding."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise NoteError("this is UTF-16, as PowerShell writes it: keep it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoteError(f"this is not UTF-8 (byte {error.start})") from error
