from django.urls import URLPattern, URLResolver, path

from . import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("me", api.Me.as_view(), name="api-me"),
    path("auth/token", api.AccessTokens.as_view(), name="api-auth-token"),
    path("users", api.Users.as_view({"get": "list", "post": "create"}), name="api-user-list"),
    path("users/<int:pk>", api.Users.as_view({"get": "retrieve", "patch": "partial_update"}), name="api-user"),
    path("users/<int:pk>/roles", api.Users.as_view({"put": "roles"}), name="api-user-roles"),
    path("users/<int:pk>/deactivate", api.Users.as_view({"post": "deactivate"}), name="api-user-deactivate"),
    path("users/<int:pk>/reactivate", api.Users.as_view({"post": "reactivate"}), name="api-user-reactivate"),
    path("users/<int:pk>/end-sessions", api.Users.as_view({"post": "end_sessions"}), name="api-user-end-sessions"),
    path("users/<int:pk>/reset-password", api.Users.as_view({"post": "reset_password"}), name="api-user-reset"),
    path("tokens", api.Tokens.as_view({"get": "list", "post": "create"}), name="api-token-list"),
    path("tokens/<int:pk>/revoke", api.Tokens.as_view({"post": "revoke"}), name="api-token-revoke"),
]
