"""Proofs as files: what the API answers and the pages offer, and what `offline/verify.py` checks without finobs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings

from .models import Checkpoint, Event

PROOF_FORMAT: Final = "finobs-ledger-proof/1"


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That one event is in the log: its place, the path, and the signed checkpoint that the path ends in.

    `body`: the event's exact bytes; None for who may not see what it says. The leaf is proved all the same.
    """

    event: Event
    index: int
    checkpoint: Checkpoint
    path: list[bytes]
    body: bytes | None

    @property
    def document(self) -> dict[str, Any]:
        return {
            "format": PROOF_FORMAT, "kind": "inclusion", "origin": settings.LEDGER_ORIGIN,
            # Nothing but the text ties an id to a leaf.
            "uid": None if self.body is None else str(self.event.uid),
            "seq": self.index, "leaf": _text(bytes(self.event.leaf)), "size": self.checkpoint.size,
            "path": _texts(self.path), "checkpoint": self.checkpoint.note,
            "body": None if self.body is None else _text(self.body),
        }  # fmt: skip

    @property
    def text(self) -> str:
        return json_text(self.document)

    @property
    def query(self) -> str:
        """What asks for this very proof again, when more has been sealed meanwhile."""
        return urlencode({"size": self.checkpoint.size})

    @property
    def file_name(self) -> str:
        return f"ledger-record-{self.index}-of-{self.checkpoint.size}.json"


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the log at the checkpoint `new` holds everything that it held at `old`, in the same order."""

    old: Checkpoint
    new: Checkpoint
    path: list[bytes]

    @property
    def document(self) -> dict[str, Any]:
        return {
            "format": PROOF_FORMAT, "kind": "consistency", "origin": settings.LEDGER_ORIGIN, "old": self.old.size,
            "new": self.new.size, "path": _texts(self.path), "old_checkpoint": self.old.note,
            "new_checkpoint": self.new.note,
        }  # fmt: skip

    @property
    def text(self) -> str:
        return json_text(self.document)

    @property
    def query(self) -> str:
        return urlencode({"from": self.old.size, "to": self.new.size})

    @property
    def file_name(self) -> str:
        return f"ledger-{self.old.size}-to-{self.new.size}.json"


def json_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _texts(path: Iterable[bytes]) -> list[str]:
    return [_text(item) for item in path]
