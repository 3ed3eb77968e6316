"""Who somebody was is the same wherever it is said: in an event, and for a row that only points at them."""

from __future__ import annotations

import pytest
from django.db import transaction

from finobs.accounts.choices import UserKind
from finobs.accounts.models import User
from finobs.accounts.roles import ROLES
from finobs.core import clock
from finobs.core.identity import identities_as_of
from finobs.ledger.models import Event
from finobs.ledger.services import record
from tests import factories

pytestmark = pytest.mark.django_db


def person(kind: str) -> User:
    if kind in ROLES:
        return factories.user("Somebody", role=kind)
    if kind == "superuser with a role":
        return factories.user("Somebody", role="viewer", is_staff=True, is_superuser=True)
    is_superuser = kind == "superuser"
    return factories.user("Somebody", kind=UserKind.HUMAN, is_staff=is_superuser, is_superuser=is_superuser)


@pytest.mark.parametrize("kind", [*ROLES, "nobody", "superuser", "superuser with a role"])
def test_an_event_and_a_row_say_the_same_of_one_person(kind: str) -> None:
    actor = person(kind)
    with transaction.atomic():
        record(actor=actor, action="x.y", subject=("a.b", "1"))
    then = Event.objects.get(action="x.y").actor_then
    moment = (actor.pk, clock.now())
    identity = identities_as_of([moment])[moment]
    assert (identity.name, identity.address, identity.roles) == (then.name, then.address, then.roles)
    assert ("superuser" in identity.roles) == actor.is_superuser
