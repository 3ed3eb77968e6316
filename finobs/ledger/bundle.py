"""Bundles for auditors: records, checkpoints and proofs that verify without finobs (`offline/verify.py`)."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from finobs.core.errors import Invalid, NotFound

from . import tree
from .models import Checkpoint, Event, TreeLeaf
from .note import Statement, text_of

BUNDLE_FORMAT = "finobs-ledger-bundle/1"
VERIFIER = Path(__file__).parent / "offline" / "verify.py"
MAX_CHECKPOINTS = 50
README = """What this is
------------
Records of the ledger {origin}, with everything that is needed to check them: that each is exactly what was recorded,
that none is missing (a bundle of the whole log), and that the log only ever grew.

How to check it, without finobs, with Python 3.9 or newer and the openssl program (3.0 or newer)
-------------------------------------------------------------------------------------------------
    python3 -I verify.py . --vkey 'THE PUBLIC KEY THAT YOU RECEIVED ELSEWHERE' --checkpoint THE_ONE_FROM_YOUR_LAST_AUDIT

Take the key, the old checkpoint and best also verify.py itself from elsewhere than from this bundle.
Keep the newest checkpoint (the last line of checkpoints.ndjson): next time it shows whether anything was rewritten.
"""


def write(out: Path, *, uids: Sequence[UUID | str] = (), since: Iterable[str] = ()) -> dict[str, Any]:
    """Write a bundle into the new folder `out`: the whole log, or the events of `uids` with their proofs.

    `since`: checkpoints that the reader holds; a bundle of records then proves that the log extends them.
    Raises NotFound if nothing is sealed yet, or an event does not exist; Invalid if an event still waits.
    """
    newest = Checkpoint.objects.first()
    if newest is None:
        raise NotFound("Nothing has been sealed yet.")
    leaves = _leaves(uids, newest.size) if uids else _all(newest.size)
    sizes = {Statement.parse(text_of(note)).size for note in since}
    if sizes and max(sizes) > newest.size:
        raise Invalid(f"A checkpoint of {max(sizes)} records is newer than this log of {newest.size}.")
    out.mkdir(parents=True)
    # With those that the reader holds, so that whoever holds none can check the proofs from them.
    checkpoints = _checkpoints(sizes | {newest.size}) if uids else _some_checkpoints(newest.size)
    _write(out / "checkpoints.ndjson", ({"note": checkpoint.note} for checkpoint in checkpoints))
    count = _events(out, leaves, newest.size if uids else 0)
    if uids:
        links = ({"old": old, "new": newest.size, "path": _texts(tree.consistency(old, newest.size))}
                 for old in sorted(sizes - {0, newest.size}))  # fmt: skip
        _write(out / "consistency.ndjson", links)
    manifest = {
        "format": BUNDLE_FORMAT, "origin": settings.LEDGER_ORIGIN, "kind": "records" if uids else "log",
        "size": newest.size, "events": count,
    }  # fmt: skip
    _write(out / "manifest.json", [manifest])
    shutil.copyfile(VERIFIER, out / "verify.py")
    (out / "README.txt").write_text(README.format(origin=settings.LEDGER_ORIGIN))
    return manifest


def _leaves(uids: Sequence[UUID | str], size: int) -> Iterator[tuple[int, bytes]]:
    uuids = {UUID(str(uid)) for uid in uids}
    existing = set(Event.objects.filter(uid__in=uuids).values_list("uid", flat=True))
    if uuids - existing:
        raise NotFound(f"There is no event {min(map(str, uuids - existing))}.")
    places = TreeLeaf.objects.filter(event__uid__in=uuids, seq__lt=size).order_by("seq")
    if places.count() != len(uuids):
        raise Invalid("Some of these events are not sealed yet; try again in a moment.")
    return ((seq, bytes(body)) for seq, body in places.values_list("seq", "event__body").iterator())


def _all(size: int) -> Iterator[tuple[int, bytes]]:
    places = TreeLeaf.objects.filter(seq__lt=size).order_by("seq").values_list("seq", "event__body")
    return ((seq, bytes(body)) for seq, body in places.iterator(chunk_size=2_000))


def _some_checkpoints(newest: int) -> list[Checkpoint]:
    """Some checkpoints over the whole life of the log, always the newest."""
    sizes = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    # A log of a year has millions of checkpoints: some over its whole life show that it only grew.
    step = max(1, len(sizes) // MAX_CHECKPOINTS)
    return _checkpoints({*sizes[::step], newest})


def _checkpoints(sizes: set[int]) -> list[Checkpoint]:
    return list(Checkpoint.objects.filter(size__in=sizes).order_by("size"))


def _events(out: Path, leaves: Iterator[tuple[int, bytes]], prove_at: int) -> int:
    count = 0
    with (out / "events.ndjson").open("w", newline="\n") as events, (out / "proofs.ndjson").open("w") as proofs:
        for seq, body in leaves:
            events.write(_line({"seq": seq, "body": base64.b64encode(body).decode()}))
            if prove_at:
                path = _texts(tree.inclusion(seq, prove_at))
                proofs.write(_line({"seq": seq, "size": prove_at, "path": path}))
            count += 1
    return count


def _write(file: Path, rows: Iterable[Any]) -> None:
    with file.open("w", newline="\n") as out:
        for row in rows:
            out.write(_line(row))


def _line(row: Any) -> str:
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n"


def _texts(path: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(item).decode() for item in path]
