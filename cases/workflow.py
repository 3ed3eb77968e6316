"""The transition tables of incidents and cases: pure. Buttons, API `actions`, admin actions and docs are generated
from them.

>>> refusal("close", status="new", holding="free")
'Take the case first.'
>>> refusal("close", status="open", holding="mine", kind="incident")
''
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from .choices import CaseStatus, IncidentStatus, ItemKind

if TYPE_CHECKING:
    from .models import WorkLease

Holding = Literal["mine", "free", "others"]
# The same words for both kinds, where both have the status.
WORKABLE: Final = frozenset({CaseStatus.NEW.value, CaseStatus.OPEN.value, CaseStatus.WAITING.value})
UNFINISHED: Final = WORKABLE | {CaseStatus.AWAITING_APPROVAL.value}
# What take-next hands out: what waits is looked at again when its time has come, or by whoever opens it.
READY: Final = frozenset({CaseStatus.NEW.value, CaseStatus.OPEN.value})
FINISHED: Final[Mapping[str, frozenset[str]]] = {
    ItemKind.CASE: frozenset({CaseStatus.CLOSED.value}),
    ItemKind.INCIDENT: frozenset({IncidentStatus.CLOSED.value, IncidentStatus.ESCALATED.value}),
}


@dataclass(frozen=True, slots=True)
class Transition:
    """One step. `target` "" leaves the status; `holding` says whose hold on the item lets it happen."""

    action: str
    label: str
    sources: frozenset[str]
    target: str = ""
    permission: str = "work"
    key: str = ""
    holding: frozenset[Holding] = frozenset({"mine", "free", "others"})
    needs_reason: bool = False
    needs_approval: bool = False
    system: bool = False


_MINE_OR_FREE: frozenset[Holding] = frozenset({"mine", "free"})
_OPEN, _WAITING, _AWAITING, _CLOSED = (
    CaseStatus.OPEN.value, CaseStatus.WAITING.value, CaseStatus.AWAITING_APPROVAL.value, CaseStatus.CLOSED.value,
)  # fmt: skip
_AT_WORK: Final = frozenset({_OPEN, _WAITING})

_TAKE = Transition("take", "Take", WORKABLE, _OPEN, key="h", holding=frozenset({"free"}))
_NOTE = Transition("note", "Add note", UNFINISHED, key="c")
_WAIT = Transition("wait", "Wait", frozenset({_OPEN}), _WAITING, holding=_MINE_OR_FREE, needs_reason=True, key="w")
_RELEASE = Transition("release", "Release", _AT_WORK, key="b", holding=frozenset({"mine"}))
_ASSIGN = Transition("assign", "Assign", WORKABLE, _OPEN, permission="lead", key="a", needs_reason=True)
_MOVE = Transition("move", "Move", WORKABLE, needs_reason=True, holding=_MINE_OR_FREE, key="m")
_REOPEN = Transition("reopen", "Reopen", frozenset({_CLOSED}), _OPEN, permission="lead", needs_reason=True, key="o")
# What finobs itself does.
_ADD_ALERTS = Transition("add_alerts", "Add alerts", WORKABLE, system=True)
_SYSTEM: Final = (
    Transition("wake", "Wake", frozenset({_WAITING}), _OPEN, system=True),
    Transition("resume", "Back to work", frozenset({_AWAITING}), _OPEN, system=True),
    Transition("execute", "Close as approved", frozenset({_AWAITING}), _CLOSED, system=True),
)

CASE_TRANSITIONS: Final[tuple[Transition, ...]] = (
    _TAKE,
    _NOTE,
    Transition(
        "close", "Propose to close", _AT_WORK, _CLOSED, key="d", holding=_MINE_OR_FREE,
        needs_reason=True, needs_approval=True,
    ),
    _WAIT,
    _RELEASE,
    _ASSIGN,
    _MOVE,
    # And so changing or removing one.
    Transition("subject_add", "Add a subject", WORKABLE, holding=_MINE_OR_FREE, needs_reason=True, key="u"),
    _REOPEN,
    _ADD_ALERTS,
    Transition("await_approval", "Wait for approval", _AT_WORK, _AWAITING, system=True),
    *_SYSTEM,
)  # fmt: skip
INCIDENT_TRANSITIONS: Final[tuple[Transition, ...]] = (
    _TAKE,
    _NOTE,
    Transition(
        "close", "Close", WORKABLE, _CLOSED, key="d", holding=_MINE_OR_FREE, needs_reason=True
    ),
    Transition(
        "escalate", "Escalate", WORKABLE, IncidentStatus.ESCALATED.value, key="e", holding=_MINE_OR_FREE,
        needs_reason=True,
    ),
    _WAIT,
    _RELEASE,
    _ASSIGN,
    _MOVE,
    _REOPEN,
    _ADD_ALERTS,
    # Closed from the list, it was taken by nobody.
    Transition("await_approval", "Wait for approval", WORKABLE, _AWAITING, system=True),
    *_SYSTEM,
)  # fmt: skip
TABLES: Final[Mapping[str, Mapping[str, Transition]]] = {
    ItemKind.CASE: {step.action: step for step in CASE_TRANSITIONS},
    ItemKind.INCIDENT: {step.action: step for step in INCIDENT_TRANSITIONS},
}
HUMAN_STEPS: Final[Mapping[str, tuple[Transition, ...]]] = {
    kind: tuple(step for step in table.values() if not step.system) for kind, table in TABLES.items()
}

_WHY_STATUS: Final = {
    (CaseStatus.NEW, "close"): "Take the {kind} first.",
    (CaseStatus.NEW, "wait"): "Take the {kind} first.",
    (CaseStatus.NEW, "release"): "Nobody has taken this {kind}.",
    (CaseStatus.WAITING, "wait"): "The {kind} waits already; take it to go on.",
    CaseStatus.AWAITING_APPROVAL: "The {kind} awaits approval; withdraw the request to go on working.",
    CaseStatus.CLOSED: "The {kind} is closed.",
    IncidentStatus.ESCALATED: "The incident has been escalated; go on in its case.",
}
_WHY_HOLDING: Final[dict[tuple[str, Holding], str]] = {
    ("take", "mine"): "You hold this {kind} already.",
    ("release", "free"): "You do not hold this {kind}.",
    ("release", "others"): "Somebody else holds this {kind}.",
}


def refusal(action: str, *, status: str, holding: Holding, kind: str = ItemKind.CASE) -> str:
    """Why `action` is not possible from `status` with the item held so; empty when it is."""
    step = TABLES[kind][action]
    if status not in step.sources:
        why = _WHY_STATUS.get((status, action)) or _WHY_STATUS.get(status) or "Not possible now."
        return str(why).format(kind=kind)
    if holding not in step.holding:
        return _WHY_HOLDING.get((action, holding), "Somebody else holds this {kind}.").format(kind=kind)
    return ""


def target(action: str, status: str, kind: str = ItemKind.CASE) -> str:
    """Where `action` leads from `status`."""
    return TABLES[kind][action].target or status


def holding_of(lease: WorkLease | None, user: Any) -> Holding:
    """How `user` stands to an unexpired lease."""
    if lease is None:
        return "free"
    return "mine" if lease.holder_id == user.pk else "others"
