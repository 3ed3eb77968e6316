"""The transition table of a case: pure. Buttons, API `actions`, admin actions and docs are generated from it.

>>> refusal("close", status="new", holding="free")
'Take the case first.'
>>> refusal("close", status="open", holding="mine")
''
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from .choices import Status

if TYPE_CHECKING:
    from .models import WorkLease

Holding = Literal["mine", "free", "others"]
WORKABLE: Final = frozenset({Status.NEW, Status.OPEN})
UNFINISHED: Final = frozenset({Status.NEW, Status.OPEN, Status.AWAITING_APPROVAL})


@dataclass(frozen=True, slots=True)
class Transition:
    """One step. `target` None leaves the status; `holding` says whose hold on the case lets it happen."""

    action: str
    label: str
    sources: frozenset[Status]
    target: Status | None
    permission: str = "work"
    key: str = ""
    holding: frozenset[Holding] = frozenset({"mine", "free", "others"})
    needs_reason: bool = False
    needs_approval: bool = False
    system: bool = False


_MINE_OR_FREE: frozenset[Holding] = frozenset({"mine", "free"})

TABLE: Final[tuple[Transition, ...]] = (
    Transition("take", "Take", WORKABLE, Status.OPEN, key="t", holding=frozenset({"free"})),
    Transition("note", "Add note", UNFINISHED, None, key="c"),
    Transition(
        "close", "Propose to close", frozenset({Status.OPEN}), Status.CLOSED, key="d", holding=_MINE_OR_FREE,
        needs_reason=True, needs_approval=True,
    ),
    Transition("hand_back", "Hand back", frozenset({Status.OPEN}), None, key="b", holding=frozenset({"mine"})),
    Transition("assign", "Assign", WORKABLE, Status.OPEN, permission="lead", key="a", needs_reason=True),
    # What finobs itself does.
    Transition("gather", "Add alerts", UNFINISHED, None, system=True),
    Transition("await_approval", "Wait for approval", frozenset({Status.OPEN}), Status.AWAITING_APPROVAL, system=True),
    Transition("reopen", "Back to work", frozenset({Status.AWAITING_APPROVAL}), Status.OPEN, system=True),
    Transition(
        "carry_out", "Close as approved", frozenset({Status.AWAITING_APPROVAL}), Status.CLOSED, system=True
    ),
)  # fmt: skip

BY_ACTION: Final = {step.action: step for step in TABLE}
HUMAN: Final = tuple(step for step in TABLE if not step.system)

_WHY_STATUS: Final = {
    (Status.NEW, "close"): "Take the case first.",
    (Status.NEW, "hand_back"): "Nobody has taken this case.",
    Status.AWAITING_APPROVAL: "The case awaits approval; withdraw the request to go on working.",
    Status.CLOSED: "The case is closed.",
}
_WHY_HOLDING: Final[dict[tuple[str, Holding], str]] = {
    ("take", "mine"): "You hold this case already.",
    ("hand_back", "free"): "You do not hold this case.",
    ("hand_back", "others"): "Somebody else holds this case.",
}


def refusal(action: str, *, status: str, holding: Holding) -> str:
    """Why `action` is not possible from `status` with the case held so; empty when it is."""
    step, now = BY_ACTION[action], Status(status)
    if now not in step.sources:
        return _WHY_STATUS.get((now, action)) or _WHY_STATUS.get(now) or "Not possible now."
    if holding not in step.holding:
        return _WHY_HOLDING.get((action, holding), "Somebody else holds this case.")
    return ""


def target(action: str, status: str) -> Status:
    """Where `action` leads from `status`."""
    return BY_ACTION[action].target or Status(status)


def holding_of(lease: WorkLease | None, user: Any) -> Holding:
    """How `user` stands to an unexpired lease."""
    if lease is None:
        return "free"
    return "mine" if lease.holder_id == user.pk else "others"
