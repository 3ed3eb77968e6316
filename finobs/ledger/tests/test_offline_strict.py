"""The offline verifier reads strictly: every field x every other kind of value, doubled, unknown and missing keys."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from finobs.accounts.models import User
from finobs.ledger.models import Checkpoint, Event
from finobs.ledger.note import VerifierKey
from finobs.ledger.offline import verify as offline
from tests.support.clients import signed_in

from .test_offline import quick_verify

# As JSON text, so that what Python would not write is among them.
OTHERS = [
    "null", "true", "false", "[]", "{}", "[null]", "[true]", '[""]', "[[]]", '{"a":1}', '""', '"x"', '"0"', '"\\ud800"', '"\\u0000"', '"\u202e"',
    "-1", "1.0", "0.0", "1e0", "1E400", "-0", "9007199254740993", "9223372036854775808", "9" * 5_000, "NaN", "Infinity",
    "-Infinity", "01", "+1", "0x1", "1_000", "\u0661", "'x'", "[" * 100_000, '{"a":1,"a":1}',
]  # fmt: skip


@pytest.fixture(autouse=True)
def _without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "openssl_verify", quick_verify)


@pytest.fixture
def old(sealed: list[Event], tmp_path: Path) -> Path:
    file = tmp_path / "old.checkpoint"
    file.write_text(Checkpoint.objects.get(size=6).note)
    return file


@pytest.fixture
def folders(sealed: list[Event], old: Path, tmp_path: Path) -> list[Path]:
    """A bundle of each kind."""
    uids = [part for event in (sealed[1], sealed[10]) for part in ("--event", str(event.uid))]
    call_command("ledger_bundle", "--out", str(tmp_path / "log"), verbosity=0)
    call_command("ledger_bundle", "--out", str(tmp_path / "records"), *uids, "--since", str(old), verbosity=0)
    return [tmp_path / "log", tmp_path / "records"]


def variants(line: str) -> Iterator[tuple[str, str]]:
    """Each change of one JSON line that must not pass, with what it is."""
    fields = json.loads(line)

    def written(name: str, text: str) -> str:
        return (
            "{"
            + ",".join(
                f"{json.dumps(key)}:{text if key == name else json.dumps(value)}" for key, value in fields.items()
            )
            + "}"
        )

    for name, value in fields.items():
        for text in OTHERS:
            if text != json.dumps(value):
                yield f"{name} is {text[:20]}", written(name, text)
        yield f"{name} stands twice", line[:-1] + f",{json.dumps(name)}:{json.dumps(value)}}}"
        yield f"{name} stands twice, first wrong", "{" + f"{json.dumps(name)}:null," + line[1:]
        yield f"{name} is missing", json.dumps({key: each for key, each in fields.items() if key != name})
        yield (
            f"{name} has another name",
            json.dumps({(f"{key} " if key == name else key): each for key, each in fields.items()}),
        )
        if type(value) is int:
            yield f"{name} is true", written(name, "true" if value else "false")
            yield f"{name} is a fraction", written(name, f"{value}.0")
            yield f"{name} is text", written(name, f'"{value}"')
    yield "a field besides", line[:-1] + ',"more":null}'
    yield "another order", json.dumps(dict(reversed(fields.items()))) if len(fields) > 1 else "{}"
    yield from ((f"the line is {text[:20]}", text) for text in OTHERS)
    yield "no line", ""
    yield "a mark at its beginning", "\ufeff" + line
    yield "a comment", line + " // fine"


def test_no_field_of_a_bundle_may_be_of_another_kind(folders: list[Path], ledger_key: VerifierKey, old: Path) -> None:
    keys, notes = [offline.Key(str(ledger_key))], [old.read_text()]
    tried = 0
    for folder in folders:
        assert offline.verify_bundle(folder, keys, notes)["ok"]
        for file in sorted([*folder.glob("*.ndjson"), folder / "manifest.json"]):
            good = file.read_text()
            lines = good.splitlines()
            for number in {0, len(lines) - 1} if lines else ():
                for what, changed in variants(lines[number]):
                    file.write_text("".join(f"{line}\n" for line in [*lines[:number], changed, *lines[number + 1 :]]))
                    with pytest.raises(offline.Wrong) as wrong:
                        offline.verify_bundle(folder, keys, notes)
                    assert str(wrong.value), f"{folder.name}/{file.name}: {what}"
                    tried += 1
            file.write_text(good)
        assert offline.verify_bundle(folder, keys, notes)["ok"]
    assert tried > 1_500


def test_no_field_of_a_proof_may_be_of_another_kind(
    auditor: User, sealed: list[Event], ledger_key: VerifierKey
) -> None:
    keys = [offline.Key(str(ledger_key))]
    browser = signed_in(auditor)
    for address in (f"/ledger/events/{sealed[4].uid}/proof.json?size=12", "/ledger/consistency.json?from=6&to=12"):
        document = browser.get(address).json()
        line = json.dumps(document, ensure_ascii=False)
        assert offline.verify_proof(line, keys, [])["ok"]
        for what, changed in variants(line):
            with pytest.raises(offline.Wrong) as wrong:
                offline.verify_proof(changed, keys, [])
            assert str(wrong.value), what


def test_a_line_or_a_proof_that_stands_twice_is_refused(
    folders: list[Path], ledger_key: VerifierKey, old: Path
) -> None:
    keys, notes = [offline.Key(str(ledger_key))], [old.read_text()]
    for folder in folders:
        for name in ("events.ndjson", "proofs.ndjson", "manifest.json"):
            file = folder / name
            good = file.read_text()
            if good:
                file.write_text(good.splitlines(keepends=True)[0] + good)
                with pytest.raises(offline.Wrong):
                    offline.verify_bundle(folder, keys, notes)
                file.write_text(good)


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"x","id":"x"}', b'{"b":1,"id":"x","a":2}', b'{"id": "x"}', b'{"a":1.0,"id":"x"}', b'{"a":NaN,"id":"x"}', b'["id"]',
        b"{}", b'{"id":7}', b"\xff", b"null", b'{"a":"\\ud800","id":"x"}', b'{"a":"\\u0041","id":"x"}', b"[" * 100_000, b"",
    ],
)  # fmt: skip
def test_a_record_that_is_not_canonical_json_is_refused(body: bytes) -> None:
    with pytest.raises(offline.Wrong):
        offline.content(body, 3)
    assert offline.content(b'{"a":[true,null,1],"id":"x","z":"\xc3\xa9"}', 3)["id"] == "x"


@pytest.mark.parametrize(
    "text", ["", "+", "a+b", "a+00000000+", "a+00000000+AQ==", "a+00000000+!!!", "\u0000", "a+b+c+d until=x"]
)
def test_what_is_no_key_is_refused_in_words(text: str) -> None:
    with pytest.raises(offline.Wrong):
        offline.Key(text)


def test_the_program_says_what_is_wrong_in_words_for_any_bytes(
    folders: list[Path], ledger_key: VerifierKey, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its main function knows no other failure than those in words: none is an exception's name."""
    run: Callable[[], int] = offline.main
    for content in (
        b"\xff\xfe",
        b"\x00",
        b"",
        b"{",
        b"[" * 100_000,
        b'{"note":"\\ud800"}\n',
        base64.b64encode(b"x" * 100),
    ):
        for name in ("manifest.json", "checkpoints.ndjson", "events.ndjson"):
            folder = folders[0].with_name("changed")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(folders[0], folder)
            (folder / name).write_bytes(content)
            monkeypatch.setattr("sys.argv", ["verify.py", str(folder), "--vkey", str(ledger_key), "--json"])
            assert run() == 1
            answer = json.loads(capsys.readouterr().out)
            assert answer["ok"] is False
            assert "Error(" not in answer["wrong"]
