"""What a person may do with a case, as buttons: the workflow table says which, this says where each goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from django.urls import reverse

from .. import selectors
from ..models import Case

Way = Literal["post", "dialog", "jump"]

# Icon, how it is done (at once, in a dialog, or by going to the note), its URL, and what will happen.
PLACES: Final[dict[str, tuple[str, Way, str, str]]] = {
    "take": ("hand-grab", "post", "cases:case-take", "You hold it; nobody else is handed it"),
    "note": ("note", "jump", "cases:note-add", "What you found or think"),
    "close": ("gavel", "dialog", "cases:case-close", "Goes to a lead for approval"),
    "release": ("arrow-back-up", "post", "cases:case-release", "Back to the queue, for others"),
    "assign": ("user-plus", "dialog", "cases:case-assign", "Give it to somebody else"),
}
# "t" takes the next case of the queue, wherever one is.
KEYS_OF_THE_LIST: Final = {"t"}
# Where these cannot be pressed, the page says why already: who holds the case.
HOLDING: Final = {"take", "release"}


@dataclass(frozen=True, slots=True)
class Button:
    name: str
    label: str
    key: str
    icon: str
    way: Way
    url: str
    says: str
    enabled: bool


def not_now(buttons: list[Button]) -> list[tuple[str, str]]:
    """What cannot be done at the moment, by the reason why: ("Propose to close, Assign", "The case is closed.")."""
    reasons: dict[str, list[str]] = {}
    for button in buttons:
        if not button.enabled and button.name not in HOLDING:
            reasons.setdefault(button.says, []).append(button.label)
    return [(", ".join(labels), reason) for reason, labels in reasons.items()]


def buttons(user: Any, case: Case) -> list[Button]:
    result = []
    for action in selectors.case_actions(user, case):
        icon, way, url, hint = PLACES[action.name]
        key = "" if action.key in KEYS_OF_THE_LIST else action.key
        says = hint if action.enabled else action.why_not
        place = reverse(url, args=[case.reference])
        result.append(Button(action.name, action.label, key, icon, way, place, says, action.enabled))
    return result
