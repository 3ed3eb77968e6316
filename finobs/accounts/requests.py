"""Who asks."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from .models import User


class SignedInRequest(HttpRequest):
    """What a view behind `login_required` is given."""

    user: User


def actor_of(request: Any) -> User:
    """Whoever is signed in, as services take them. The admin and the API let nobody else through."""
    assert isinstance(request.user, User)
    return request.user
