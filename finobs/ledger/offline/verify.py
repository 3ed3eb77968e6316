#!/usr/bin/env python3
"""Verify a finobs ledger bundle, or a single proof, without finobs: Python's standard library and the `openssl`
program, nothing else.

    python3 -I verify.py BUNDLE_OR_PROOF --vkey 'NAME+ID+KEY' [--checkpoint FILE_YOU_KEPT ...] [--json]

Take the public key (vkey) from somewhere else than the bundle: from your engagement letter, from your last audit.
Read this file before you trust it; it is short on purpose. Exit code: 0 everything holds, 1 something is wrong,
2 it could not be run.

A bundle is a folder with
  manifest.json       format, origin, kind ("log": every record, or "records": some), size, number of events
  events.ndjson       {"seq": place in the log, "body": base64 of the exact bytes of the record}
  checkpoints.ndjson  {"note": signed statement of origin, size and root}; the last one is the newest
  proofs.ndjson       {"seq", "size", "path": [base64, ...]}: RFC 9162 inclusion proofs (kind "records")
  consistency.ndjson  {"old", "new", "path"}: RFC 9162 consistency proofs (kind "records")

A proof is one JSON object, as pages and API of the ledger give it, with
  format, kind, origin  kind "inclusion": one record is in the log; "consistency": the log extends an older one
  uid, seq, leaf, size, path, checkpoint, body           of an inclusion; uid and body are null for who may not read the
                                                         record: its id stands in its text, and nowhere else
  old, new, path, old_checkpoint, new_checkpoint         of a consistency
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

BUNDLE_FORMAT = "finobs-ledger-bundle/1"
PROOF_FORMAT = "finobs-ledger-proof/1"
# What each object holds, in this order and nothing besides: field, and how it is read (below, "reading strictly").
MANIFEST = {"format": "text", "origin": "text", "kind": "text", "size": "whole", "events": "whole"}
CHECKPOINT_ROW = {"note": "text"}
EVENT_ROW = {"seq": "whole", "body": "text"}
PROOF_ROW = {"seq": "whole", "size": "whole", "path": "texts"}
CONSISTENCY_ROW = {"old": "whole", "new": "whole", "path": "texts"}
INCLUSION = {
    "format": "text", "kind": "text", "origin": "text", "uid": "text or null", "seq": "whole", "leaf": "text",
    "size": "whole", "path": "texts", "checkpoint": "text", "body": "text or null",
}  # fmt: skip
CONSISTENCY = {
    "format": "text", "kind": "text", "origin": "text", "old": "whole", "new": "whole", "path": "texts",
    "old_checkpoint": "text", "new_checkpoint": "text",
}  # fmt: skip
MAX_WHOLE = 2**63 - 1
UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# SubjectPublicKeyInfo of an Ed25519 key is this header and the 32 bytes of the key (RFC 8410).
ED25519_HEADER = bytes.fromhex("302a300506032b6570032100")
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Wrong(Exception):
    """Something in the bundle does not hold."""


# --- keys and signed notes -------------------------------------------------------------------------------------------


class Key:
    """A public key, `name+id+base64(0x01 || 32 bytes)`, optionally followed by ` until=SIZE`."""

    def __init__(self, line: str) -> None:
        text, _, rest = line.strip().partition(" ")
        parts = text.split("+", 2)
        if len(parts) != 3 or (rest and not re.fullmatch(r"until=[0-9]+", rest)):
            raise Wrong(f"not a public key: {line.strip()!r}")
        raw = decoded(parts[2])
        self.name, self.public = parts[0], raw[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        self.until = int(rest[6:]) if rest else None
        if len(raw) != 33 or raw[0] != 1 or self.id.hex() != parts[1]:
            raise Wrong(f"not an Ed25519 public key, or with a wrong id: {line.strip()!r}")

    def holds(self, message: bytes, signature: bytes) -> bool:
        return openssl_verify(self.public, message, signature)


def openssl_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Ask openssl whether `signature` is one of `public` on `message`."""
    pem = base64.b64encode(ED25519_HEADER + public).decode()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "key.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n")
        (folder / "message").write_bytes(message)
        (folder / "signature").write_bytes(signature)
        run = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(folder / "key.pem"), "-rawin",
             "-in", str(folder / "message"), "-sigfile", str(folder / "signature")],
            capture_output=True, check=False,
        )  # fmt: skip
    return run.returncode == 0 and b"Verified Successfully" in run.stdout


def kept_note(path: Path) -> str:
    """A checkpoint from a file as it was signed, without what editors, shells and `jq -r` add to a file."""
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Wrong(f"{path}: this is UTF-16, as PowerShell writes it: keep it as UTF-8")
    text = data.decode("utf-8-sig").replace("\r\n", "\n").strip("\n") + "\n"
    if text.startswith(('"', "{")):
        raise Wrong(f"{path}: this is JSON: keep the note itself, as `jq -r .note` prints it")
    if any(line != line.rstrip() for line in text.split("\n")):
        raise Wrong(f"{path}: a line ends with spaces, which were not there when it was signed")
    return text


def open_checkpoint(note: str, keys: list[Key], origin: str) -> tuple[int, bytes]:
    """Size and root of a note that a trusted key has signed and none of them has a bad signature on."""
    if any(ord(sign) < 32 and sign != "\n" for sign in note):
        raise Wrong("a checkpoint has no control characters")
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n") or at + 2 == len(note):
        raise Wrong("a checkpoint is text, an empty line, and signatures")
    text = note[: at + 1]
    size, root = stated(text, origin)
    trusted = False
    for line in note[at + 2 : -1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—":
            raise Wrong(f"not a signature line: {line!r}")
        raw = decoded(parts[2])
        for key in keys:
            if (key.name, key.id) == (parts[1], raw[:4]):
                if not key.holds(text.encode(), raw[4:]):
                    raise Wrong(f"the signature of {key.name} on the checkpoint at {size} is wrong")
                trusted = trusted or key.until is None or size <= key.until
    if not trusted:
        raise Wrong(f"no trusted key has signed the checkpoint at {size}")
    return size, root


def stated(text: str, origin: str) -> tuple[int, bytes]:
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or not SIZE.fullmatch(lines[1]):
        raise Wrong("a checkpoint has an origin, a size and a root, each on its line")
    root = decoded(lines[2])
    if lines[0] != origin or len(root) != 32:
        raise Wrong(f"this is no checkpoint of {origin}")
    return int(lines[1]), root


# --- the Merkle tree of RFC 6962 and RFC 9162 ------------------------------------------------------------------------


def leaf_hash(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The full subtrees at the right edge of a growing tree."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        size = self.size
        while size & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            size >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        edge = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            edge = node_hash(peak, edge)
        return edge


def included(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2."""
    if not 0 <= index < size or any(len(item) != 32 for item in (leaf, root, *path)):
        return False
    place, last = index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            leaf = node_hash(sibling, leaf)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            leaf = node_hash(leaf, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and leaf == root


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: list[bytes]) -> bool:
    """RFC 9162, 2.1.4.2."""
    if not 1 <= old <= new or any(len(item) != 32 for item in (old_root, new_root, *path)):
        return False
    if old == new:
        return not path and old_root == new_root
    steps = [old_root, *path] if old & (old - 1) == 0 else path
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


# --- the bundle ------------------------------------------------------------------------------------------------------


def verify_bundle(bundle: Path, keys: list[Key], notes: list[str]) -> dict[str, object]:
    """Check everything in `bundle`, and against the checkpoints that you `kept`. Raises Wrong."""
    manifest = only_row(bundle / "manifest.json", MANIFEST)
    if manifest["format"] != BUNDLE_FORMAT or manifest["kind"] not in ("log", "records"):
        raise Wrong("this is not a bundle that this program knows")
    origin = str(manifest["origin"])
    roots: dict[int, bytes] = {}
    for row in rows(bundle / "checkpoints.ndjson", CHECKPOINT_ROW):
        learn(roots, *open_checkpoint(str(row["note"]), keys, origin))
    if not roots or max(roots) != manifest["size"]:
        raise Wrong("the bundle's newest checkpoint does not have the size that its manifest says")
    for note in notes:
        learn(roots, *open_checkpoint(note, keys, origin))
    newest = max(roots)
    if newest != manifest["size"]:
        raise Wrong(f"you hold a checkpoint of {newest} records; this bundle ends at {manifest['size']}")
    if manifest["kind"] == "log":
        for name in ("proofs.ndjson", "consistency.ndjson"):
            if (bundle / name).exists() and (bundle / name).stat().st_size:
                raise Wrong(f"a bundle of the whole log has no {name}: it would not be checked")
    check = check_log if manifest["kind"] == "log" else check_records
    events = check(bundle, roots, newest)
    if events != manifest["events"]:
        raise Wrong(f"the manifest says {manifest['events']} events, the bundle has {events}")
    # Which of the two kinds a bundle is stands in no signature: the answer says what was verified.
    summary = (
        f"all {newest} records of the log, none missing" if manifest["kind"] == "log"
        else f"{events} of the {newest} records of the log; the others are not in this bundle, and were not verified"
    )  # fmt: skip
    return {"ok": True, "origin": origin, "kind": manifest["kind"], "size": newest, "root": roots[newest].hex(),
            "events": events, "checkpoints": len(roots), "summary": summary}  # fmt: skip


def learn(roots: dict[int, bytes], size: int, root: bytes) -> None:
    if size < 1 or roots.setdefault(size, root) != root:
        raise Wrong(f"EQUIVOCATION: two different roots have been signed at size {size}. Keep both notes.")


def check_log(bundle: Path, roots: dict[int, bytes], newest: int) -> int:
    """Every record is there: build the tree and compare it at every checkpoint."""
    tree = Tree()
    for row in rows(bundle / "events.ndjson", EVENT_ROW):
        if row["seq"] != tree.size:
            raise Wrong(f"record {tree.size} is missing or out of order (found {row['seq']})")
        body = decoded(row["body"])
        tree.append(leaf_hash(body))
        if tree.size in roots and tree.root() != roots[tree.size]:
            before = max((size for size in roots if size < tree.size), default=0)
            raise Wrong(f"one of the records {before} to {tree.size - 1} is not the one that was sealed")
        content(body, row["seq"])
    if tree.size != newest:
        raise Wrong(f"records {tree.size} to {newest - 1} are missing")
    return tree.size


def check_records(bundle: Path, roots: dict[int, bytes], newest: int) -> int:
    """Each record has a proof, and every other checkpoint a proof that the newest extends it."""
    proofs: dict[object, dict[str, object]] = {}
    for row in rows(bundle / "proofs.ndjson", PROOF_ROW):
        if row["seq"] in proofs:
            raise Wrong(f"record {row['seq']} has two proofs")
        proofs[row["seq"]] = row
    count = 0
    for row in rows(bundle / "events.ndjson", EVENT_ROW):
        proof = proofs.pop(row["seq"], None)
        if proof is None or proof["size"] not in roots:
            raise Wrong(f"record {row['seq']} has no proof under a checkpoint of this bundle")
        size, body = whole(proof["size"]), decoded(row["body"])
        if not included(leaf_hash(body), whole(row["seq"]), size, path(proof), roots[size]):
            raise Wrong(f"record {row['seq']} is not in the log of {size} records")
        content(body, row["seq"])
        count += 1
    if proofs:
        raise Wrong(f"the record {min(map(str, proofs))} of a proof is missing")
    if not count:
        raise Wrong("this is a bundle of records, and has none")
    linked = {newest}
    for row in rows(bundle / "consistency.ndjson", CONSISTENCY_ROW):
        old, new = whole(row["old"]), whole(row["new"])
        if new != newest:
            raise Wrong("a consistency proof does not end at the newest checkpoint")
        if old in linked:
            raise Wrong(f"a second consistency proof from the checkpoint at {old}")
        if old not in roots:
            raise Wrong(f"a consistency proof from the log of {old} records, of which there is no checkpoint: "
                        "give the one that you kept with --checkpoint")  # fmt: skip
        if not consistent(old, new, roots[old], roots[new], path(row)):
            raise Wrong(f"the log of {new} records does not extend the one of {old}")
        linked.add(old)
    if set(roots) - linked:
        raise Wrong(f"no proof that the newest log extends the checkpoint at {min(set(roots) - linked)}")
    return count


# --- a single proof --------------------------------------------------------------------------------------------------


def verify_proof(text: str, keys: list[Key], notes: list[str]) -> dict[str, object]:
    """Check one proof, and that it is about the checkpoints that you kept. Raises Wrong."""
    fields = strict(text)
    kind = fields.get("kind") if isinstance(fields, dict) else None
    if not isinstance(kind, str) or kind not in ("inclusion", "consistency"):
        raise Wrong("this is not a proof that this program knows")
    proof = record(text, INCLUSION if kind == "inclusion" else CONSISTENCY)
    if proof["format"] != PROOF_FORMAT:
        raise Wrong("this is not a proof that this program knows")
    roots: dict[int, bytes] = {}
    check = check_inclusion if kind == "inclusion" else check_consistency
    summary = check(proof, keys, roots)
    proved = max(roots)
    for note in notes:
        size, root = open_checkpoint(note, keys, str(proof["origin"]))
        if size not in roots:
            raise Wrong(f"this proof says nothing of the checkpoint of {size} records that you hold")
        learn(roots, size, root)
    return {"ok": True, "origin": proof["origin"], "kind": kind, "size": proved, "root": roots[proved].hex(),
            "summary": summary}  # fmt: skip


def check_inclusion(proof: dict[str, object], keys: list[Key], roots: dict[int, bytes]) -> str:
    size, root = open_checkpoint(str(proof["checkpoint"]), keys, str(proof["origin"]))
    learn(roots, size, root)
    seq, leaf = whole(proof["seq"]), decoded(proof["leaf"])
    if (proof["uid"] is None) != (proof["body"] is None):
        raise Wrong("the id of a record is proved by its text, and by nothing else: a proof has both or neither")
    if proof["uid"] is not None and not UID.fullmatch(str(proof["uid"])):
        raise Wrong("uid is no id of a record")
    if whole(proof["size"]) != size:
        raise Wrong(f"the proof is for a log of {proof['size']} records, its checkpoint is of {size}")
    if not included(leaf, seq, size, path(proof), root):
        raise Wrong(f"record {seq} is not in the log of {size} records")
    if proof["body"] is None:
        return f"record {seq} is in the log; neither its id nor its text is in the proof, only its hash {leaf.hex()}"
    body = decoded(proof["body"])
    if leaf_hash(body) != leaf or content(body, seq).get("id") != proof["uid"]:
        raise Wrong(f"the text is not that of record {seq}")
    return f"record {seq} is in the log, word for word"


def check_consistency(proof: dict[str, object], keys: list[Key], roots: dict[int, bytes]) -> str:
    for name in ("old", "new"):
        size, root = open_checkpoint(str(proof[f"{name}_checkpoint"]), keys, str(proof["origin"]))
        if whole(proof[name]) != size:
            raise Wrong(f"the proof says {name} is {proof[name]}, its checkpoint is of {size}")
        learn(roots, size, root)
    old, new = whole(proof["old"]), whole(proof["new"])
    if not consistent(old, new, roots[old], roots[new], path(proof)):
        raise Wrong(f"the log of {new} records does not extend the one of {old}")
    return f"the log of {new} records extends the one of {old}"


# --- reading strictly ------------------------------------------------------------------------------------------------


def rows(file: Path, fields: dict[str, str]) -> Iterator[dict[str, object]]:
    with file.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if not line.endswith("\n"):
                raise Wrong(f"{file.name} ends in the middle of a line")
            yield record(line[:-1], fields)


def only_row(file: Path, fields: dict[str, str]) -> dict[str, object]:
    lines = list(rows(file, fields))
    if len(lines) != 1:
        raise Wrong(f"{file.name} is one line")
    return lines[0]


def record(line: str, fields: dict[str, str]) -> dict[str, object]:
    """The object that `line` is: these fields in this order, each of its kind. Raises Wrong."""
    values = strict(line)
    if not isinstance(values, dict) or tuple(values) != tuple(fields):
        raise Wrong(f"expected {', '.join(fields)}: {line[:80]!r}")
    for name, kind in fields.items():
        if not is_kind(values[name], kind):
            raise Wrong(f"{name} is not {KINDS[kind]}: {line[:80]!r}")
    return values


KINDS = {
    "text": "text", "text or null": "text or null", "whole": "a whole number from 0 to 2^63-1",
    "texts": "a list of text",
}  # fmt: skip


def is_kind(value: object, kind: str) -> bool:
    if kind == "whole":
        # True is a number to Python, and 1.0 is equal to 1.
        return type(value) is int and 0 <= value <= MAX_WHOLE
    if kind == "texts":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str) or (value is None and kind == "text or null")


def content(body: bytes, seq: object) -> dict[str, object]:
    """The record that `body` is: one JSON object in its canonical form (RFC 8785), which says each thing once."""
    try:
        values = strict(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Wrong(f"record {seq} is not UTF-8") from None
    if not isinstance(values, dict) or not isinstance(values.get("id"), str):
        raise Wrong(f"record {seq} is no record of finobs")
    if json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() != body:
        raise Wrong(f"record {seq} is not in canonical form")
    return values


def strict(text: str) -> object:
    """JSON in which each key stands once and every number is whole. Raises Wrong for all else."""
    try:
        value: object = json.loads(
            text, object_pairs_hook=no_doubles, parse_float=no_number, parse_constant=no_number, parse_int=whole_text
        )
    except (ValueError, RecursionError) as error:
        raise Wrong(f"not JSON: {error}: {text[:80]!r}") from None
    if "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Wrong(f"half a character: {text[:80]!r}") from None
    return value


def no_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise Wrong(f"a key stands twice in one object: {', '.join(name for name, _ in pairs)[:80]}")
    return values


def no_number(text: str) -> object:
    raise Wrong(f"{text[:40]} is not a whole number")


def whole_text(text: str) -> int:
    if len(text) > 20 or text == "-0":
        raise Wrong(f"{text[:40]} is not a whole number")
    return int(text)


def whole(value: object) -> int:
    if type(value) is not int:
        raise Wrong(f"{value!r} is not a whole number")
    return value


def path(row: dict[str, object]) -> list[bytes]:
    items = row["path"]
    assert isinstance(items, list)
    return [decoded(item) for item in items]


def decoded(text: object) -> bytes:
    """Base64 in its one canonical form."""
    if not isinstance(text, str):
        raise Wrong("not base64")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong(f"not base64: {text[:40]!r}") from None
    if base64.b64encode(data).decode() != text:
        raise Wrong(f"not canonical base64: {text[:40]!r}")
    return data


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify a finobs ledger bundle, or a single proof.")
    parser.add_argument("bundle", type=Path, help="the folder of a bundle, or the file of a proof")
    parser.add_argument("--vkey", action="append", default=[], help="a public key that you received out of band")
    parser.add_argument("--vkeys", type=Path, help="a file of them, one on each line")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="a checkpoint that you kept")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    options = parser.parse_args()
    try:
        lines = options.vkey + (options.vkeys.read_text(encoding="utf-8-sig").splitlines() if options.vkeys else [])
        keys = [Key(line) for line in lines if line.strip() and not line.startswith("#")]
        notes = [kept_note(file) for file in options.checkpoint]
    except (OSError, ValueError, Wrong) as error:
        print(error, file=sys.stderr)
        return 2
    if not keys:
        print("Give the public key with --vkey or --vkeys: a key from the bundle itself would prove nothing.",
              file=sys.stderr)  # fmt: skip
        return 2
    try:
        if options.bundle.is_file():
            result = verify_proof(options.bundle.read_text(encoding="utf-8"), keys, notes)
        else:
            result = verify_bundle(options.bundle, keys, notes)
    except Wrong as error:
        result = {"ok": False, "wrong": f"{error}"}
    except UnicodeDecodeError:
        result = {"ok": False, "wrong": "not readable: not UTF-8"}
    except OSError as error:
        result = {"ok": False, "wrong": f"not readable: {error}"}
    if options.json:
        print(json.dumps(result))
    elif result["ok"]:
        print(f"OK: {result['summary']} ({result['origin']}, {result['size']} records, root {result['root']})")
    else:
        print(f"WRONG: {result['wrong']}")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
