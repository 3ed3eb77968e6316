from django.urls import URLPattern, URLResolver, path

from . import api

app_name = "accounts_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("me", api.CurrentUserView.as_view(), name="current-user"),
    path("auth/token", api.AccessTokenView.as_view(), name="auth-token"),
    path("users", api.UserViewSet.as_view({"get": "list", "post": "create"}), name="user-list"),
    path("users/<int:pk>", api.UserViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="user-detail"),
    path("users/<int:pk>/roles", api.UserViewSet.as_view({"put": "roles"}), name="user-roles"),
    path("users/<int:pk>/deactivate", api.UserViewSet.as_view({"post": "deactivate"}), name="user-deactivate"),
    path("users/<int:pk>/reactivate", api.UserViewSet.as_view({"post": "reactivate"}), name="user-reactivate"),
    path("users/<int:pk>/end-sessions", api.UserViewSet.as_view({"post": "end_sessions"}), name="user-end-sessions"),
    path("users/<int:pk>/reset-password", api.UserViewSet.as_view({"post": "reset_password"}), name="user-reset"),
    path("tokens", api.TokenViewSet.as_view({"get": "list", "post": "create"}), name="token-list"),
    path("tokens/<int:pk>/revoke", api.TokenViewSet.as_view({"post": "revoke"}), name="token-revoke"),
]
