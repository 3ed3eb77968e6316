"""What a person may do with a work item, as buttons: the workflow table says which, this says where each goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from django.urls import reverse

from .. import selectors
from ..models import WorkItem
from .names import PAGE_NAMES

ButtonKind = Literal["post", "dialog", "fetched", "jump"]

# Icon, how it is done (at once, in a dialog, in one that is fetched because its choices have to be asked for, or by
# going to the note), and what will happen.
BUTTONS: Final[dict[str, tuple[str, ButtonKind, str]]] = {
    "take": ("hand-grab", "post", "You hold it; nobody else is handed it"),
    "note": ("note", "jump", "What you found or think"),
    "close": ("gavel", "dialog", "Goes to a lead for approval"),
    "escalate": ("arrow-up-right", "dialog", "Into a case, for investigation"),
    "wait": ("hourglass", "dialog", "For an answer from outside; it comes back by itself"),
    "release": ("arrow-back-up", "post", "Back to the queue, for others"),
    "assign": ("user-plus", "fetched", "Give it to somebody else"),
    "move": ("arrows-exchange", "fetched", "Into another queue"),
    "subject_add": ("users", "dialog", "An account or a customer that it is about too"),
    "reopen": ("refresh", "dialog", "Take it up again"),
}
CLOSE_HINTS: Final = {"incident": "With what you conclude; it labels its alerts"}
# Where these cannot be pressed, the page says why already: who holds the item, or that it is closed.
SILENT_ACTIONS: Final = {"take", "release", "reopen"}


@dataclass(frozen=True, slots=True)
class Button:
    name: str
    label: str
    key: str
    icon: str
    kind: ButtonKind
    url: str
    hint: str
    enabled: bool


def unavailable(buttons: list[Button]) -> list[tuple[str, str]]:
    """What cannot be done at the moment, by the reason why: ("Propose to close, Assign", "The case is closed.")."""
    reasons: dict[str, list[str]] = {}
    for button in buttons:
        if not button.enabled and button.name not in SILENT_ACTIONS:
            reasons.setdefault(button.hint, []).append(button.label)
    return [(", ".join(labels), reason) for reason, labels in reasons.items()]


def buttons(user: Any, item: WorkItem) -> list[Button]:
    result, names = [], PAGE_NAMES[item.KIND]
    for action in selectors.item_actions(user, item):
        icon, kind, hint = BUTTONS[action.name]
        if action.name == "close":
            hint = CLOSE_HINTS.get(item.KIND, hint)
        hint = hint if action.enabled else action.why_not
        address = reverse(getattr(names, action.name), args=[item.reference])
        result.append(Button(action.name, action.label, action.key, icon, kind, address, hint, action.enabled))
    return result
