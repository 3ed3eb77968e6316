"""What a person may do with a case, as buttons: the workflow table says which, this says where each goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from django.urls import reverse

from .. import selectors
from ..models import Case

ButtonKind = Literal["post", "dialog", "jump"]

# Icon, how it is done (at once, in a dialog, or by going to the note), its URL, and what will happen.
BUTTONS: Final[dict[str, tuple[str, ButtonKind, str, str]]] = {
    "take": ("hand-grab", "post", "cases:case-take", "You hold it; nobody else is handed it"),
    "note": ("note", "jump", "cases:note-add", "What you found or think"),
    "close": ("gavel", "dialog", "cases:case-close", "Goes to a lead for approval"),
    "release": ("arrow-back-up", "post", "cases:case-release", "Back to the queue, for others"),
    "assign": ("user-plus", "dialog", "cases:case-assign", "Give it to somebody else"),
}
# "t" takes the next case of the queue, wherever one is.
LIST_KEYS: Final = {"t"}
# Where these cannot be pressed, the page says why already: who holds the case.
LEASE_ACTIONS: Final = {"take", "release"}


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
        if not button.enabled and button.name not in LEASE_ACTIONS:
            reasons.setdefault(button.hint, []).append(button.label)
    return [(", ".join(labels), reason) for reason, labels in reasons.items()]


def buttons(user: Any, case: Case) -> list[Button]:
    result = []
    for action in selectors.case_actions(user, case):
        icon, kind, url, hint = BUTTONS[action.name]
        key = "" if action.key in LIST_KEYS else action.key
        hint = hint if action.enabled else action.why_not
        address = reverse(url, args=[case.reference])
        result.append(Button(action.name, action.label, key, icon, kind, address, hint, action.enabled))
    return result
