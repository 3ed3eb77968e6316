"""Browsers and machines that somebody signed in to, and the headers that htmx sends."""

from __future__ import annotations

from typing import Any, Final

from django.test import Client

from finobs.accounts.models import User
from finobs.core.models import Versioned

BACKEND: Final = "finobs.accounts.backends.RolePermissionBackend"


def signed_in(user: User, **options: Any) -> Client:
    """A browser with a session of `user`; `options` are those of Django's client."""
    client = Client(**options)
    client.force_login(user, backend=BACKEND)
    return client


def htmx(target: str = "case", **more: str) -> dict[str, Any]:
    """The headers htmx sends when it is about to swap `target`."""
    return {"headers": {"HX-Request": "true", "HX-Target": target, **more}}


def version_of(row: Any) -> int:
    """The version that a row has now, whatever the instance says."""
    version: int = type(row)._base_manager.values_list("version", flat=True).get(pk=row.pk)
    return version


def if_match(row: Any) -> dict[str, str]:
    """The header of whoever has just read `row`."""
    return {"If-Match": f'"{version_of(row)}"'}


def selected(*rows: Any) -> dict[str, Any]:
    """What a list of the admin posts of the rows that are ticked on it."""
    versions = {f"version-{row.pk}": version_of(row) for row in rows if isinstance(row, Versioned)}
    return {"_selected_action": [row.pk for row in rows], **versions}
