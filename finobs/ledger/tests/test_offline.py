"""Bundles verify with nothing but Python's standard library and openssl, and nothing changed in them passes."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.core.management import CommandError, call_command

from finobs.ledger import keys, note
from finobs.ledger.models import Checkpoint
from finobs.ledger.note import SigningKey, Statement
from finobs.ledger.offline import verify as offline
from finobs.ledger.services.seal import seal


def bundle(out: Path, *arguments: str) -> Path:
    call_command("ledger_bundle", "--out", str(out), *arguments, stdout=io.StringIO())
    return out


def run(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The bundle's own verifier in a process that sees no installed packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder), "--json", *arguments],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.stdout else {"stderr": done.stderr}


@pytest.fixture
def trusted(ledger_key):
    return ["--vkey", str(ledger_key)]


@pytest.fixture
def whole_log(sealed, tmp_path):
    return bundle(tmp_path / "log")


@pytest.fixture
def old(sealed, tmp_path):
    """The checkpoint at 6, which an auditor kept."""
    file = tmp_path / "old.checkpoint"
    file.write_text(Checkpoint.objects.get(size=6).note)
    return file


@pytest.fixture
def two_records(sealed, old, tmp_path):
    uids = [part for event in (sealed[1], sealed[10]) for part in ("--event", str(event.uid))]
    return bundle(tmp_path / "records", *uids, "--since", str(old))


def test_a_bundle_of_the_whole_log_verifies(whole_log, trusted, old):
    code, result = run(whole_log, *trusted, "--checkpoint", str(old))
    assert (code, result["ok"], result["kind"], result["events"], result["checkpoints"]) == (0, True, "log", 12, 4)
    assert result["root"] == bytes(Checkpoint.objects.latest("size").root).hex()


def test_a_bundle_of_single_records_verifies_and_extends_the_checkpoint_that_was_kept(two_records, trusted, old):
    code, result = run(two_records, *trusted, "--checkpoint", str(old))
    assert (code, result["ok"], result["kind"], result["events"], result["checkpoints"]) == (0, True, "records", 2, 2)


def test_the_offline_verifier_imports_the_standard_library_only():
    lines = [line for line in bundle_source().splitlines() if line.startswith(("import ", "from "))]
    modules = {line.split()[1].split(".")[0] for line in lines}
    assert modules <= set(sys.stdlib_module_names)


def bundle_source() -> str:
    return Path(offline.__file__).read_text()


def test_a_rotated_log_verifies_with_either_key_during_the_overlap(sealed, trusted, fill, tmp_path):
    new = keys.rotate()
    fill(3)
    seal()
    records = bundle(tmp_path / "records", "--event", str(sealed[0].uid))
    assert run(records, *trusted)[0] == 0
    assert run(records, "--vkey", str(new))[0] == 0
    log = bundle(tmp_path / "log")
    assert run(log, "--vkeys", settings.LEDGER_VKEYS_FILE)[0] == 0
    assert "no trusted key" in run(log, "--vkey", str(new))[1]["wrong"]  # it did not sign the older ones


def test_a_key_from_the_bundle_is_not_taken(whole_log):
    assert run(whole_log)[0] == 2


def test_another_key_is_not_enough(whole_log):
    code, result = run(whole_log, "--vkey", str(SigningKey.generate(settings.LEDGER_ORIGIN).verifier))
    assert (code, "no trusted key" in result["wrong"]) == (1, True)


def test_a_distrusted_key_counts_up_to_its_size(whole_log, ledger_key):
    assert run(whole_log, "--vkey", f"{ledger_key} until=12")[0] == 0
    assert run(whole_log, "--vkey", f"{ledger_key} until=11")[0] == 1


def drop_checkpoint(folder: Path) -> None:
    """The older of two."""
    file = folder / "checkpoints.ndjson"
    file.write_text(file.read_text().splitlines(keepends=True)[-1])


def test_a_proof_from_a_checkpoint_that_nobody_has_is_refused(two_records, trusted, old):
    assert run(two_records, *trusted)[0] == 0
    drop_checkpoint(two_records)
    code, result = run(two_records, *trusted)
    assert (code, "of 6 records, of which there is no checkpoint" in result["wrong"]) == (1, True)
    assert run(two_records, *trusted, "--checkpoint", str(old))[0] == 0


@pytest.mark.parametrize(
    "line", ['{"old":5,"new":12,"path":[]}', '{"old":12,"new":12,"path":[]}', '{"old":0,"new":12,"path":[]}']
)
def test_no_line_can_be_added_to_any_file(whole_log, two_records, trusted, old, line):
    """What is not checked is not there; a copy of a line neither."""
    for folder in (whole_log, two_records):
        assert run(folder, *trusted, "--checkpoint", str(old))[0] == 0
        for name in ("consistency.ndjson", "proofs.ndjson", "events.ndjson", "manifest.json"):
            file = folder / name
            good = file.read_text() if file.exists() else None
            lines = (good or "").splitlines(keepends=True)
            for added in (line + "\n", *lines[:1]):
                file.write_text((good or "") + added)
                code, result = run(folder, *trusted, "--checkpoint", str(old))
                assert (code, result["ok"]) == (1, False), f"{folder.name}/{name}: {added}"
            file.unlink() if good is None else file.write_text(good)


def test_a_log_that_was_emptied_is_no_bundle_of_records(whole_log, trusted):
    drop_checkpoint(whole_log)
    for name in ("events.ndjson", "proofs.ndjson", "consistency.ndjson"):
        (whole_log / name).write_text("")
    manifest = json.loads((whole_log / "manifest.json").read_text())
    (whole_log / "manifest.json").write_text(json.dumps(manifest | {"kind": "records", "events": 0}) + "\n")
    code, result = run(whole_log, *trusted)
    assert (code, result["wrong"]) == (1, "this is a bundle of records, and has none")


def test_the_answer_says_what_was_verified(whole_log, two_records, trusted):
    assert run(whole_log, *trusted)[1]["summary"] == "all 12 records of the log, none missing"
    assert run(two_records, *trusted)[1]["summary"].startswith("2 of the 12 records of the log; the others are not in")
    said = subprocess.run(
        [sys.executable, "-I", "-S", str(two_records / "verify.py"), str(two_records), *trusted],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.startswith("OK: 2 of the 12 records")


def change(folder: Path, name: str, old: str, new: str) -> Path:
    other = folder.with_name("changed")
    shutil.copytree(folder, other)
    text = (other / name).read_text()
    assert old in text
    (other / name).write_text(text.replace(old, new, 1))
    return other


@pytest.mark.parametrize(
    ("name", "old", "new", "wrong"),
    [
        ("events.ndjson", '{"seq":4,', '{"seq":5,', "record 4 is missing"),
        ("events.ndjson", 'body":"eyJhY3', 'body":"eyJhY2', "records 0 to 2"),
        ("manifest.json", '"size":12', '"size":13', "newest checkpoint"),
        ("manifest.json", '"events":12', '"events":11', "the manifest says"),
        ("manifest.json", "finobs.local", "finobs.other", "no checkpoint of"),
        ("manifest.json", '"kind":"log"', '"kind":"records"', "no proof"),
        ("checkpoints.ndjson", r"\n12\n", r"\n13\n", "is wrong"),
    ],
)  # fmt: skip
def test_a_changed_log_fails_with_the_place_that_is_wrong(whole_log, trusted, name, old, new, wrong):
    code, result = run(change(whole_log, name, old, new), *trusted)
    assert code == 1
    assert wrong in result["wrong"]


@pytest.mark.parametrize("lost", [0, 5, 11])
def test_a_missing_record_fails(whole_log, trusted, lost):
    file = whole_log / "events.ndjson"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:lost] + lines[lost + 1 :]))
    code, result = run(whole_log, *trusted)
    assert (code, "missing" in result["wrong"]) == (1, True)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("events.ndjson", "of a proof is missing"), ("proofs.ndjson", "has no proof"), ("consistency.ndjson", "extends")],
)
def test_records_without_their_proofs_or_proofs_without_their_records_fail(two_records, trusted, old, name, wrong):
    file = two_records / name
    file.write_text("".join(file.read_text().splitlines(keepends=True)[1:]))
    code, result = run(two_records, *trusted, "--checkpoint", str(old))
    assert code == 1
    assert wrong in result["wrong"]


def test_a_log_that_does_not_extend_the_checkpoint_that_was_kept_fails(whole_log, two_records, trusted, tmp_path):
    forged, longer = tmp_path / "forged", tmp_path / "longer"
    text = Statement(settings.LEDGER_ORIGIN, 6, bytes(32)).text()
    forged.write_text(note.sign(text, keys.signing_keys()))
    longer.write_text(note.sign(text.replace("\n6\n", "\n60\n"), keys.signing_keys()))
    assert "EQUIVOCATION" in run(whole_log, *trusted, "--checkpoint", str(forged))[1]["wrong"]
    assert "EQUIVOCATION" in run(two_records, *trusted, "--checkpoint", str(forged))[1]["wrong"]
    drop_checkpoint(two_records)
    assert "does not extend" in run(two_records, *trusted, "--checkpoint", str(forged))[1]["wrong"]
    assert "you hold a checkpoint of 60" in run(whole_log, *trusted, "--checkpoint", str(longer))[1]["wrong"]


def quick_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """The same answer as openssl's, without a process for each of thousands of mutations."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("kind", ["whole_log", "two_records"])
def test_single_bit_mutations_of_every_file_fail(kind, request, ledger_key, old, monkeypatch):
    folder: Path = request.getfixturevalue(kind)
    monkeypatch.setattr(offline, "openssl_verify", quick_verify)
    trusted, kept = [offline.Key(str(ledger_key))], [old.read_text()]
    assert offline.verify_bundle(folder, trusted, kept)["ok"]
    for file in sorted([*folder.glob("*.ndjson"), folder / "manifest.json"]):
        good = file.read_bytes()
        for bit in range(0, len(good) * 8, 23):
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            file.write_bytes(bad)
            with pytest.raises((offline.Wrong, UnicodeDecodeError)):
                offline.verify_bundle(folder, trusted, kept)
        file.write_bytes(good)


def test_openssl_gives_the_same_answer_as_the_library(ledger_key):
    signature = keys.signing_keys()[0].sign(b"message")
    for message, expected in ((b"message", True), (b"massage", False)):
        assert offline.openssl_verify(ledger_key.public, message, signature) is expected
        assert quick_verify(ledger_key.public, message, signature) is expected


def test_a_bundle_refuses_what_it_cannot_prove(sealed, fill, tmp_path, trusted):
    waiting = fill(1)[0]
    for arguments, message in (
        (["--event", str(waiting.uid)], "not sealed yet"),
        (["--event", "00000000-0000-4000-8000-000000000000"], "no event"),
        (["--event", "nonsense"], "badly formed"),
    ):
        with pytest.raises(CommandError, match=message):
            bundle(tmp_path / "refused", *arguments)
    bundle(tmp_path / "once")
    with pytest.raises(CommandError, match="exists"):
        bundle(tmp_path / "once")


def test_an_empty_ledger_has_no_bundle(ledger_key, db, tmp_path):
    with pytest.raises(CommandError, match="Nothing has been sealed"):
        bundle(tmp_path / "empty")
