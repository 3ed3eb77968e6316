"""Whether an event is what was sealed: its leaf is the hash of its body, and its columns say what the body says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring as quoted
from typing import Any

from .canonical import EVENT_SCHEMA, EVENT_SCHEMA_WITHOUT_CHANGES, STRICT, is_canonical
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
    # What is sealed is fixed by its leaf; what still waits is read whole.
    if leaf is None and not is_canonical(body):
        yield "the body is not canonical JSON"
    # The body is canonical, so the columns must be its exact beginning and end: cheaper than parsing all of it.
    schema, rest = _after_actor(body.decode(), f'{{"action":{quoted(action)},"actor":', str(actor), actor_type)
    begin = f',"at":"{at}","{"changes" if schema == EVENT_SCHEMA else "data"}":'
    end = (
        f',"id":"{uid}","request":{quoted(request)},"schema":{schema},'
        f'"subject":{{"id":{quoted(subject)},"type":{quoted(subject_type)}}}}}'
    )
    if not (rest.startswith(begin) and rest.endswith(end)):
        columns = {
            "action": action, "actor.id": str(actor), "actor.type": actor_type, "at": at, "id": uid,
            "request": request, "subject.id": subject, "subject.type": subject_type,
        }  # fmt: skip
        yield f"the columns do not say what the body says: {_differences(columns, body)}"


def _after_actor(body: str, begin: str, actor: str, actor_type: str) -> tuple[int, str]:
    """The schema of an event, and its body from the end of its actor; nothing if that is not who the columns say."""
    if not body.startswith(begin):
        return 0, ""
    try:
        block, end = STRICT.raw_decode(body, len(begin))
    except ValueError:
        return 0, ""
    if not isinstance(block, dict) or (block.get("id"), block.get("type")) != (actor, actor_type):
        return 0, ""
    return EVENT_SCHEMA if "name" in block else EVENT_SCHEMA_WITHOUT_CHANGES, body[end:]


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
