"""A profile as people read it: labels, and each value in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..models import AccountParty, PartyRelation
from .profile import LABELS, PROFILE_PART_LABELS


def tie_in_words(tie: AccountParty | PartyRelation) -> str:
    """What a tie says, without its days."""
    if isinstance(tie, AccountParty):
        return f"{tie.get_role_display()} of account {tie.account}"
    return f"{tie.get_kind_display()}: {tie.customer.name} and {tie.other.name}"


class ProfileLine(NamedTuple):
    """label, and what there is of it: one text, or one for each member of a list."""

    label: str
    texts: list[str]


def profile_lines(profile: Mapping[str, Any]) -> list[ProfileLine]:
    """What is there of a profile, in the order of its fields."""
    return [ProfileLine(label, in_words(name, profile[name])) for name, label in LABELS.items() if name in profile]


def change_lines(changes: list[tuple[str, Any, Any]]) -> list[tuple[str, str, str]]:
    """Each field that an assertion changed: label, before, after."""
    order = list(LABELS)
    ordered = sorted(changes, key=lambda each: order.index(each[0]) if each[0] in LABELS else len(order))
    return [
        (LABELS.get(name, name), "; ".join(in_words(name, before)), "; ".join(in_words(name, after)))
        for name, before, after in ordered
    ]


def in_words(name: str, value: Any) -> list[str]:
    """A value as texts; none for nothing."""
    if value is None:
        return []
    members = value if isinstance(value, list) else [value]
    return [_text(PROFILE_PART_LABELS.get(name, {}), each) for each in members]


def _text(labels: Mapping[str, str], value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if not isinstance(value, dict):
        return str(value)
    parts = [(labels.get(name, name), each) for name, each in value.items()]
    return ", ".join(f"{label} {', '.join(each) if isinstance(each, list) else each}" for label, each in parts)
