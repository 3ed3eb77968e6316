"""finobs's own processes as actors."""

from __future__ import annotations

from .choices import Kind
from .models import User


def system_actor(name: str) -> User:
    """The actor for an automated process ("assess", "sealer", "schedule"), made on first use. It cannot sign in."""
    user, created = User.objects.get_or_create(
        email=f"{name}@system.finobs.invalid", defaults={"name": f"finobs {name}", "kind": Kind.SYSTEM}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
