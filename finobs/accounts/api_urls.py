from django.urls import URLPattern, URLResolver, path

from . import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("me", api.CurrentUserView.as_view(), name="api-me"),
    path("auth/token", api.AccessTokenView.as_view(), name="api-auth-token"),
    path("users", api.UserViewSet.as_view({"get": "list", "post": "create"}), name="api-user-list"),
    path("users/<int:pk>", api.UserViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="api-user"),
    path("users/<int:pk>/roles", api.UserViewSet.as_view({"put": "roles"}), name="api-user-roles"),
    path("users/<int:pk>/deactivate", api.UserViewSet.as_view({"post": "deactivate"}), name="api-user-deactivate"),
    path("users/<int:pk>/reactivate", api.UserViewSet.as_view({"post": "reactivate"}), name="api-user-reactivate"),
    path(
        "users/<int:pk>/end-sessions", api.UserViewSet.as_view({"post": "end_sessions"}), name="api-user-end-sessions"
    ),
    path("users/<int:pk>/reset-password", api.UserViewSet.as_view({"post": "reset_password"}), name="api-user-reset"),
    path("tokens", api.TokenViewSet.as_view({"get": "list", "post": "create"}), name="api-token-list"),
    path("tokens/<int:pk>/revoke", api.TokenViewSet.as_view({"post": "revoke"}), name="api-token-revoke"),
]
