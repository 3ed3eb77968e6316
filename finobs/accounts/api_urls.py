from django.urls import URLPattern, URLResolver, path

from . import api, unit_api

app_name = "accounts_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("me", api.CurrentUserDetail.as_view(), name="current-user-detail"),
    path("auth/token", api.AccessTokenCreate.as_view(), name="access-token-create"),
    path("users", api.UserList.as_view(), name="user-list"),
    path("users/<int:pk>", api.UserDetail.as_view(), name="user-detail"),
    path("users/<int:pk>/roles", api.RoleAssign.as_view(), name="role-assign"),
    path("users/<int:pk>/deactivate", api.UserDeactivate.as_view(), name="user-deactivate"),
    path("users/<int:pk>/reactivate", api.UserReactivate.as_view(), name="user-reactivate"),
    path("users/<int:pk>/end-sessions", api.SessionsEnd.as_view(), name="sessions-end"),
    path("users/<int:pk>/reset-password", api.PasswordResetIssue.as_view(), name="password-reset-issue"),
    path("units", unit_api.UnitList.as_view(), name="unit-list"),
    path("units/<slug:code>", unit_api.UnitDetail.as_view(), name="unit-detail"),
    path("units/<slug:code>/deactivate", unit_api.UnitDeactivate.as_view(), name="unit-deactivate"),
    path("units/<slug:code>/reactivate", unit_api.UnitReactivate.as_view(), name="unit-reactivate"),
    path("units/<slug:code>/grant", unit_api.UnitGrant.as_view(), name="unit-grant"),
    path("units/<slug:code>/revoke", unit_api.UnitRevoke.as_view(), name="unit-revoke"),
    path("tokens", api.TokenList.as_view(), name="token-list"),
    path("tokens/<int:pk>/revoke", api.TokenRevoke.as_view(), name="token-revoke"),
]
