"""The transition table of a case: pure. Buttons, API `actions`, admin actions and docs are generated from it.

>>> refusal("close", status="new", holding="free")
'Take the case first.'
>>> refusal("close", status="open", holding="mine")
''
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from .choices import CaseStatus

if TYPE_CHECKING:
    from .models import WorkLease

Holding = Literal["mine", "free", "others"]
WORKABLE: Final = frozenset({CaseStatus.NEW, CaseStatus.OPEN})
UNFINISHED: Final = frozenset({CaseStatus.NEW, CaseStatus.OPEN, CaseStatus.AWAITING_APPROVAL})


@dataclass(frozen=True, slots=True)
class Transition:
    """One step. `target` None leaves the status; `holding` says whose hold on the case lets it happen."""

    action: str
    label: str
    sources: frozenset[CaseStatus]
    target: CaseStatus | None
    permission: str = "work"
    key: str = ""
    holding: frozenset[Holding] = frozenset({"mine", "free", "others"})
    needs_reason: bool = False
    needs_approval: bool = False
    system: bool = False


_MINE_OR_FREE: frozenset[Holding] = frozenset({"mine", "free"})

TRANSITIONS: Final[tuple[Transition, ...]] = (
    Transition("take", "Take", WORKABLE, CaseStatus.OPEN, key="t", holding=frozenset({"free"})),
    Transition("note", "Add note", UNFINISHED, None, key="c"),
    Transition(
        "close", "Propose to close", frozenset({CaseStatus.OPEN}), CaseStatus.CLOSED, key="d", holding=_MINE_OR_FREE,
        needs_reason=True, needs_approval=True,
    ),
    Transition("release", "Release", frozenset({CaseStatus.OPEN}), None, key="b", holding=frozenset({"mine"})),
    Transition("assign", "Assign", WORKABLE, CaseStatus.OPEN, permission="lead", key="a", needs_reason=True),
    # What finobs itself does.
    Transition("group_alerts", "Add alerts", UNFINISHED, None, system=True),
    Transition("await_approval", "Wait for approval", frozenset({CaseStatus.OPEN}), CaseStatus.AWAITING_APPROVAL,
    system=True),
    Transition("reopen", "Back to work", frozenset({CaseStatus.AWAITING_APPROVAL}), CaseStatus.OPEN, system=True),
    Transition(
        "execute", "Close as approved", frozenset({CaseStatus.AWAITING_APPROVAL}), CaseStatus.CLOSED, system=True
    ),
)  # fmt: skip

BY_ACTION: Final = {step.action: step for step in TRANSITIONS}
HUMAN_STEPS: Final = tuple(step for step in TRANSITIONS if not step.system)

_WHY_STATUS: Final = {
    (CaseStatus.NEW, "close"): "Take the case first.",
    (CaseStatus.NEW, "release"): "Nobody has taken this case.",
    CaseStatus.AWAITING_APPROVAL: "The case awaits approval; withdraw the request to go on working.",
    CaseStatus.CLOSED: "The case is closed.",
}
_WHY_HOLDING: Final[dict[tuple[str, Holding], str]] = {
    ("take", "mine"): "You hold this case already.",
    ("release", "free"): "You do not hold this case.",
    ("release", "others"): "Somebody else holds this case.",
}


def refusal(action: str, *, status: str, holding: Holding) -> str:
    """Why `action` is not possible from `status` with the case held so; empty when it is."""
    step, now = BY_ACTION[action], CaseStatus(status)
    if now not in step.sources:
        return _WHY_STATUS.get((now, action)) or _WHY_STATUS.get(now) or "Not possible now."
    if holding not in step.holding:
        return _WHY_HOLDING.get((action, holding), "Somebody else holds this case.")
    return ""


def target(action: str, status: str) -> CaseStatus:
    """Where `action` leads from `status`."""
    return BY_ACTION[action].target or CaseStatus(status)


def holding_of(lease: WorkLease | None, user: Any) -> Holding:
    """How `user` stands to an unexpired lease."""
    if lease is None:
        return "free"
    return "mine" if lease.holder_id == user.pk else "others"
