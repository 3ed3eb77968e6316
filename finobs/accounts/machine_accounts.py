"""Whose hand a machine account may be."""

from __future__ import annotations

from .choices import UserKind
from .models import ApiToken, User


def is_hand_of(machine: User, person: User) -> bool:
    """Could what `machine` did be what `person` wanted: did they make the account, change what it may, or issue a token
    of it? False of people's own accounts. Two statements at most."""
    if machine.kind != UserKind.SERVICE:
        return False
    if ApiToken.objects.filter(user=machine, created_by=person).exists():
        return True
    changes = User.history.filter(id=machine.pk, history_user=person)
    return bool(changes.exists())
