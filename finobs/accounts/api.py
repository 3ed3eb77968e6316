"""People and tokens for machines; and how a machine gets a JWT."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from finobs.core.api import (
    SelectorDetail,
    SelectorList,
    ServiceAction,
    ServiceCreate,
    StrictView,
    Subject,
    validated_body,
)

from . import access_token, login, schema, selectors, services
from . import serializers as shapes
from .authentication import ApiTokenAuthentication
from .filters import UserFilter
from .models import ApiToken, User
from .requests import actor_of

__all__ = ["schema"]

USER = Subject("user", selectors.user_get)


class CurrentUserDetail(SelectorDetail[User]):
    """Who this caller is and what they may do now."""

    selector = selectors.user_self
    serializer_class = shapes.MeSerializer
    operation_id = "me"


class AccessTokenCreate(StrictView):
    """Five minutes of access, for a password or for an API token.

    No `ServiceAction`: nobody is signed in yet, and what is proved decides who acts.
    """

    authentication_classes = (ApiTokenAuthentication,)
    permission_classes = (AllowAny,)

    @extend_schema(
        request=shapes.CredentialsSerializer, responses=shapes.AccessSerializer, operation_id="auth_token_create"
    )
    def post(self, request: Request) -> Response:
        """With an API token in the header the body stays empty; the JWT has that token's scopes."""
        token = request.auth if isinstance(request.auth, ApiToken) else None
        if token is not None:
            validated_body(None, request)
        person = token.user if token is not None else self._authenticate(request)
        token_claims = access_token.issue_access_token(person, token)
        seconds = int(settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"].total_seconds())  # type: ignore[attr-defined]
        # RFC 6749, section 5.1: no cache keeps an answer with a token.
        return Response({"access": str(token_claims), "expires_in": seconds}, headers={"Cache-Control": "no-store"})

    def _authenticate(self, request: Request) -> User:
        values = validated_body(shapes.CredentialsSerializer, request)
        person = login.authenticate(request._request, values["email"], values["password"])
        if person is None:
            raise AuthenticationFailed(login.WRONG_CREDENTIALS_MESSAGE)
        services.sign_in(actor=person)
        return person


class UserList(SelectorList[User], ServiceCreate[User]):
    """People and machine accounts."""

    selector = selectors.users_visible
    serializer_class = shapes.UserSerializer
    filterset_class = UserFilter
    ordering = ("name", "id")
    service = services.user_create
    body_class = shapes.UserCreateSerializer

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Add somebody, without a password: issue a reset link for a person, a token for a machine."""
        return self.act()


class UserDetail(SelectorDetail[User], ServiceAction[User]):
    """One person or machine account."""

    http_method_names = ("get", "patch", "head", "options")
    selector = selectors.user_get
    serializer_class = shapes.UserSerializer
    subject = USER
    service = services.user_change
    body_class = shapes.UserChangeSerializer

    def patch(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Change what is said about somebody; what is left out stays."""
        return self.act()


class UserAction(ServiceAction[User]):
    """Shared by what is done to one account."""

    subject = USER
    serializer_class = shapes.UserSerializer


class RoleAssign(UserAction):
    """Make these exactly the roles. Their sessions and JWTs end."""

    http_method_names = ("put", "options")
    service = services.role_assign
    body_class = shapes.RolesSerializer

    def put(self, request: Request, **kwargs: Any) -> HttpResponse:
        return self.act()


class UserDeactivate(UserAction):
    """Shut somebody out at once: their sessions end, their tokens are revoked."""

    service = services.user_deactivate


class UserReactivate(UserAction):
    """Let somebody in again, with the roles they had."""

    service = services.user_reactivate


class SessionsEnd(UserAction):
    """End every session of somebody."""

    service = services.sessions_end
    status = 204


class PasswordResetIssue(ServiceCreate[User]):
    """Take the password away and answer with the link under which its owner sets a new one."""

    subject = USER
    service = services.password_reset_issue
    serializer_class = shapes.ResetLinkSerializer

    def answer(self, result: Any) -> Response:
        path = reverse("accounts:password-set", args=[result.uid, result.token])
        return self.respond({"url": self.request.build_absolute_uri(path)})


class TokenList(SelectorList[ApiToken], ServiceCreate[ApiToken]):
    """One's own API tokens."""

    selector = selectors.tokens_own
    serializer_class = shapes.TokenSerializer
    ordering = ("-created_at", "-id")
    service = services.token_create
    body_class = shapes.TokenCreateSerializer
    answer_class = shapes.TokenCreatedSerializer

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The secret is in this answer only. `user` may name a machine account."""
        return self.act()

    def arguments(self, body: dict[str, Any], **subject: Any) -> dict[str, Any]:
        # The serializer has made a lifetime of it.
        del body["days"]
        actor, owner = actor_of(self.request), body.pop("user", None)
        return body | {"user": actor if owner is None else selectors.user_get(actor, owner)}

    def answer(self, result: Any) -> Response:
        token, secret = result
        token.secret = secret
        return self.respond(token)


class TokenRevoke(ServiceAction[ApiToken]):
    """Revoke a token at once. Twice is once."""

    subject = Subject("token", selectors.token_get)
    service = services.token_revoke
    serializer_class = shapes.TokenSerializer
