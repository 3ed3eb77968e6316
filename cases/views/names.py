"""What the pages of the two kinds are called: their addresses, and their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from ..choices import ItemKind


class PageNames(NamedTuple):
    """The names of the addresses, for `{% url %}`."""

    queue: str
    take_next: str
    detail: str
    take: str
    release: str
    assign: str
    wait: str
    move: str
    close: str
    reopen: str
    tag: str
    untag: str
    queues: str
    timeline: str
    note: str
    escalate: str
    subject_add: str


def _names(kind: str, queue: str, note: str) -> PageNames:
    verbs = (
        "detail", "take", "release", "assign", "wait", "move", "close", "reopen", "tag", "untag", "queues", "timeline",
    )  # fmt: skip
    return PageNames(
        queue=queue, take_next=f"cases:{kind}-take-next", note=note, escalate="cases:incident-escalate",
        subject_add="cases:case-subject-add",
        **{verb: f"cases:{kind}-{verb}" for verb in verbs},
    )  # fmt: skip


PAGE_NAMES: Final[Mapping[str, PageNames]] = {
    ItemKind.CASE: _names("case", "cases:queue-work", "cases:note-add"),
    ItemKind.INCIDENT: _names("incident", "cases:queue-triage", "cases:incident-note-add"),
}
