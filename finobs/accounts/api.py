"""People and tokens for machines; and how a machine gets a JWT."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from finobs.core.api import CursorPagination, validated_body

from . import access_token, login, schema, selectors, services
from . import serializers as shapes
from .authentication import ApiTokenAuthentication
from .filters import UserFilter
from .models import ApiToken, User
from .requests import actor_of
from .views.login import WRONG_CREDENTIALS

__all__ = ["schema"]


class CurrentUserView(APIView):
    @extend_schema(responses=shapes.MeSerializer, operation_id="me")
    def get(self, request: Request) -> Response:
        """Who this caller is and what they may do now."""
        return Response(shapes.MeSerializer(actor_of(request)).data)


class AccessTokenView(APIView):
    """Five minutes of access, for a password or for an API token."""

    authentication_classes = (ApiTokenAuthentication,)
    permission_classes = (AllowAny,)

    @extend_schema(
        request=shapes.CredentialsSerializer, responses=shapes.AccessSerializer, operation_id="auth_token_create"
    )
    def post(self, request: Request) -> Response:
        """With an API token in the header the body stays empty; the JWT has that token's scopes."""
        token = request.auth if isinstance(request.auth, ApiToken) else None
        person = token.user if token is not None else self._prove(request)
        issued = access_token.issue_access_token(person, token)
        seconds = int(settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"].total_seconds())  # type: ignore[attr-defined]
        return Response({"access": str(issued), "expires_in": seconds}, headers={"Cache-Control": "no-store"})

    def _prove(self, request: Request) -> User:
        typed = validated_body(shapes.CredentialsSerializer, request)
        person = login.authenticate(request._request, typed["email"], typed["password"])
        if person is None:
            raise AuthenticationFailed(WRONG_CREDENTIALS)
        services.sign_in(actor=person)
        return person


class UserViewSet(ViewSetMixin, ListModelMixin, GenericAPIView[User]):
    """People and machine accounts."""

    queryset = User.objects.none()
    serializer_class = shapes.UserSerializer
    pagination_class = CursorPagination
    filter_backends = (DjangoFilterBackend,)
    filterset_class = UserFilter
    ordering = ("name", "id")

    def get_queryset(self) -> Any:
        return selectors.users_visible(self.request.user)

    def retrieve(self, request: Request, pk: int) -> Response:
        return self._answer(selectors.user_get(request.user, pk))

    @extend_schema(request=shapes.UserCreateSerializer, responses={201: shapes.UserSerializer})
    def create(self, request: Request) -> Response:
        """Add somebody, without a password: issue a reset link for a person, a token for a machine."""
        fields = validated_body(shapes.UserCreateSerializer, request)
        return self._answer(services.user_create(actor=actor_of(request), **fields), status=201)

    @extend_schema(request=shapes.UserChangeSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        fields = validated_body(shapes.UserChangeSerializer, request)
        return self._answer(services.user_change(actor=actor_of(request), user=self._find(pk), **fields))

    @extend_schema(request=shapes.RolesSerializer)
    def roles(self, request: Request, pk: int) -> Response:
        """Make these exactly the roles. Their sessions and JWTs end."""
        fields = validated_body(shapes.RolesSerializer, request)
        return self._answer(services.role_assign(actor=actor_of(request), user=self._find(pk), **fields))

    @extend_schema(request=None)
    def deactivate(self, request: Request, pk: int) -> Response:
        return self._answer(services.user_deactivate(actor=actor_of(request), user=self._find(pk)))

    @extend_schema(request=None)
    def reactivate(self, request: Request, pk: int) -> Response:
        return self._answer(services.user_reactivate(actor=actor_of(request), user=self._find(pk)))

    @extend_schema(request=None, responses={204: None})
    def end_sessions(self, request: Request, pk: int) -> Response:
        services.sessions_end(actor=actor_of(request), user=self._find(pk))
        return Response(status=204)

    @extend_schema(request=None, responses={201: shapes.ResetLinkSerializer})
    def reset_password(self, request: Request, pk: int) -> Response:
        """Take the password away and answer with the link under which its owner sets a new one."""
        link = services.password_reset_issue(actor=actor_of(request), user=self._find(pk))
        path = reverse("accounts:password-set", args=[link.uid, link.token])
        return Response({"url": request.build_absolute_uri(path)}, status=201)

    def _find(self, pk: int) -> User:
        return selectors.user_get(self.request.user, pk)

    def _answer(self, user: User, status: int = 200) -> Response:
        return Response(shapes.UserSerializer(user).data, status=status)


class TokenViewSet(ViewSetMixin, ListModelMixin, GenericAPIView[ApiToken]):
    """One's own API tokens."""

    queryset = ApiToken.objects.none()
    serializer_class = shapes.TokenSerializer
    pagination_class = CursorPagination
    filter_backends = ()
    ordering = ("-created_at", "-id")

    def get_queryset(self) -> Any:
        return selectors.tokens_own(actor_of(self.request))

    @extend_schema(request=shapes.TokenCreateSerializer, responses={201: shapes.TokenCreatedSerializer})
    def create(self, request: Request) -> Response:
        """The secret is in this answer only. `user` may name a machine account."""
        fields = validated_body(shapes.TokenCreateSerializer, request)
        actor, owner = actor_of(request), fields.pop("user", None)
        del fields["days"]
        user = actor if owner is None else selectors.user_get(actor, owner)
        token, text = services.token_create(actor=actor, user=user, **fields)
        return Response(shapes.TokenSerializer(token).data | {"secret": text}, status=201)

    @extend_schema(request=None)
    def revoke(self, request: Request, pk: int) -> Response:
        token = services.token_revoke(actor=actor_of(request), token=selectors.token_get(actor_of(request), pk))
        return Response(shapes.TokenSerializer(token).data)
