"""How machines prove who they are."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import IsAuthenticated


class ApiTokenAuthentication(BaseAuthentication):
    def authenticate(self, request: object) -> None:
        return None


class JwtAuthentication(ApiTokenAuthentication):
    pass


class SignedIn(IsAuthenticated):
    pass
