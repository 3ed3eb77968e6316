"""Browsers and machines that somebody signed in to, and the headers that htmx sends."""

from __future__ import annotations

from typing import Any, Final

from django.test import Client

from finobs.accounts.models import User

BACKEND: Final = "finobs.accounts.backends.RolePermissionBackend"


def signed_in(user: User, **options: Any) -> Client:
    """A browser with a session of `user`; `options` are those of Django's client."""
    client = Client(**options)
    client.force_login(user, backend=BACKEND)
    return client


def htmx(target: str = "case", **more: str) -> dict[str, Any]:
    """The headers htmx sends when it is about to swap `target`."""
    return {"headers": {"HX-Request": "true", "HX-Target": target, **more}}
