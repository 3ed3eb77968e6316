"""Whom an incident or a case can be given to."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from finobs.accounts.addresses import address_key
from finobs.accounts.models import User
from finobs.core import access
from finobs.core.errors import Invalid

from ..models import WorkItem
from ..queries import workers_of_item


def people_for_assign(user: Any, item: WorkItem) -> QuerySet[User]:
    """People who may work the item, for whoever may assign it."""
    if not access.allowed(user, "lead", item):
        return User.objects.none()
    return User.objects.filter(pk__in=workers_of_item(item)).order_by("name", "pk")


def person_for_assign(user: Any, item: WorkItem, pk: int) -> User:
    """One of them. Raises NotAllowed for who may not assign, Invalid for somebody who is none of them."""
    return _person_for_assign(user, item, pk=pk)


def person_named_for_assign(user: Any, item: WorkItem, address: str) -> User:
    """The same by their address."""
    return _person_for_assign(user, item, email_key=address_key(address))


def _person_for_assign(user: Any, item: WorkItem, **which: Any) -> User:
    access.require(user, "lead", item)
    person = people_for_assign(user, item).filter(**which).first()
    if person is None:
        raise Invalid(fields={"to": [f"This person may not work this {item.KIND}."]})
    return person
