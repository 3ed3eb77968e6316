"""finobs's own processes as actors."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from finobs.core import history

from .addresses import address_key
from .choices import UserKind
from .models import User


def system_actor(name: str) -> User:
    """The actor for an automated process ("assess", "sealer", "schedule"), made on first use. It cannot sign in."""
    email = f"{name}@system.finobs.invalid"
    return User.objects.filter(email_key=address_key(email)).first() or _create(email, f"finobs {name}")


def _create(email: str, name: str) -> User:
    user = User(email=email, name=name, kind=UserKind.SYSTEM, password=make_password(None))
    try:
        with transaction.atomic():
            # In its own name, not in that of whoever's request happens to need it first.
            history.save(user, actor=user)
    # Two processes needed it first in the same moment.
    except IntegrityError:
        return User.objects.get_by_natural_key(email)
    return user
