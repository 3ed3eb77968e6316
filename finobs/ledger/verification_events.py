"""Whether an event is what was sealed: its leaf is the hash of its body, and its columns say what the body says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring as quoted
from typing import Any

from .canonical import EVENT_SCHEMA
from .verification_queries import raw_bytes


def event_faults(at: str, uid: str, event: Sequence[Any], leaf: Any) -> Iterator[str]:
    """What is wrong with an event, given as its EVENT_COLUMNS. `leaf`: as it stands in the tree, None for an event that
    waits. Raises TypeError, ValueError or AttributeError for columns of other types than finobs's."""
    _, action, actor, actor_type, subject_type, subject, request, body, own = event
    body = raw_bytes(body)
    if hashlib.sha256(b"\x00" + body).digest() != own:
        yield "the body was changed"
    elif leaf is not None and own != leaf:
        yield "event and leaf differ: one of them was changed or moved"
    # The body is canonical, so the columns must be its exact beginning and end: cheaper than parsing.
    begin = f'{{"action":{quoted(action)},"actor":{{"id":"{actor}","type":{quoted(actor_type)}}},"at":"{at}","data":'
    end = (
        f',"id":"{uid}","request":{quoted(request)},"schema":{EVENT_SCHEMA},'
        f'"subject":{{"id":{quoted(subject)},"type":{quoted(subject_type)}}}}}'
    )
    if not (body.startswith(begin.encode()) and body.endswith(end.encode())):
        columns = {
            "action": action, "actor.id": str(actor), "actor.type": actor_type, "at": at, "id": uid,
            "request": request, "subject.id": subject, "subject.type": subject_type,
        }  # fmt: skip
        yield f"the columns do not say what the body says: {_differences(columns, body)}"


def _differences(columns: dict[str, str], body: bytes) -> str:
    try:
        content = json.loads(body)
    except ValueError:
        return "the body is not JSON"
    names = []
    for name, value in columns.items():
        inner: Any = content
        for step in name.split("."):
            inner = inner.get(step) if isinstance(inner, dict) else None
        if inner != value:
            names.append(name)
    return ", ".join(names) or "the body is not canonical"
