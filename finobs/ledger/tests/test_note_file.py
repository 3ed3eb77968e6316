"""A checkpoint that somebody kept verifies however it was saved, or is refused in words that name the cause."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from finobs.ledger import keys, note_file
from finobs.ledger.models import Checkpoint
from finobs.settings.env import BASE_DIR

VERIFIER = BASE_DIR / "finobs" / "ledger" / "offline" / "verify.py"
# How a file comes to hold the same note in other bytes.
HARMLESS: dict[str, Callable[[str], bytes]] = {
    "as it is": lambda text: text.encode(),
    "jq -r adds a line end": lambda text: (text + "\n").encode(),
    "$(...) takes the last one away": lambda text: text.rstrip("\n").encode(),
    "Windows line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "Windows line ends of jq.exe": lambda text: (text + "\n").replace("\n", "\r\n").encode(),
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "Notepad": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "empty lines around it": lambda text: f"\n\n{text}\n\n".encode(),
}
CHANGED: dict[str, tuple[Callable[[str], bytes], str]] = {
    "PowerShell": (lambda text: text.encode("utf-16"), "UTF-16"),
    "jq without -r": (lambda text: json.dumps(text).encode(), "JSON"),
    "the whole answer": (lambda text: json.dumps({"note": text}).encode(), "JSON"),
    "a space at the end of a line": (lambda text: text.replace("\n", " \n", 1).encode(), "ends with spaces"),
    "Latin-1": (lambda text: text.replace("—", "\xe9").encode("latin-1"), "UTF-8|utf-8"),
    "without its empty line": (lambda text: text.replace("\n\n", "\n").encode(), "empty line"),
    "another size": (lambda text: text.replace("\n6\n", "\n5\n").encode(), "wrong"),
    "a hyphen for the dash": (lambda text: text.replace("—", "-").encode(), "signature line"),
}


@pytest.fixture
def kept(sealed, tmp_path) -> Callable[[bytes], str]:
    def write(data: bytes) -> str:
        file = tmp_path / "kept.txt"
        file.write_bytes(data)
        return str(file)

    return write


def signed() -> str:
    return Checkpoint.objects.get(size=6).note


def offline(folder: Path, file: str) -> tuple[int, str]:
    command = [
        sys.executable,
        "-I",
        str(VERIFIER),
        str(folder),
        "--vkey",
        str(keys.verifier_keys()[0]),
        "--checkpoint",
        file,
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("way", HARMLESS)
def test_a_note_that_was_saved_in_some_way_verifies_everywhere(kept, way, tmp_path, capsys):
    file = kept(HARMLESS[way](signed()))
    call_command("verify_ledger", "--checkpoint", file, "--json")
    assert json.loads(capsys.readouterr().out)["ok"] is True
    call_command("ledger_alarm", "compare", file)
    call_command("ledger_bundle", "--out", str(tmp_path / "bundle"), "--since", file)
    assert offline(tmp_path / "bundle", file)[0] == 0


@pytest.mark.parametrize("way", CHANGED)
def test_a_note_that_was_changed_is_refused_and_the_cause_is_named(kept, way, tmp_path, capsys):
    change, words = CHANGED[way]
    call_command("ledger_bundle", "--out", str(tmp_path / "bundle"))
    file = kept(change(signed()))
    with pytest.raises((CommandError, SystemExit)) as refusal:
        call_command("verify_ledger", "--checkpoint", file, "--json")
    message = str(refusal.value) + capsys.readouterr().out
    assert any(word in message for word in words.split("|"))
    with pytest.raises(CommandError):
        call_command("ledger_alarm", "compare", file)
    code, said = offline(tmp_path / "bundle", file)
    assert code != 0
    assert any(word in said for word in words.split("|"))


def test_a_note_is_piped_in_where_a_container_does_not_see_the_file(sealed, monkeypatch, capsys):
    def pipe() -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(signed().encode() + b"\n")))

    pipe()
    call_command("verify_ledger", "--checkpoint", "-", "--json")
    assert json.loads(capsys.readouterr().out)["ok"] is True
    pipe()
    call_command("ledger_alarm", "compare", "-")
    assert "extends this checkpoint" in capsys.readouterr().out


def test_public_keys_from_a_file_with_a_mark_and_windows_line_ends_are_read(sealed, tmp_path):
    file = tmp_path / "vkeys"
    file.write_bytes("".join(f"{key}\r\n" for key in keys.verifier_keys()).encode("utf-8-sig"))
    assert keys.verifier_keys(file) == keys.verifier_keys()


def test_notes_are_read_from_files_in_one_place():
    commands = BASE_DIR / "finobs" / "ledger" / "management" / "commands"
    assert [path.name for path in commands.glob("*.py") if "read_text" in path.read_text()] == []
    assert note_file.STANDARD_INPUT == "-"
