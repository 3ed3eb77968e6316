from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("password/<str:uid>/<str:token>/", views.password_set, name="password-set"),
    path("profile/", views.profile, name="profile"),
    path("password/", views.password_change, name="password-change"),
    path("tokens/", views.token_list, name="token-list"),
    path("tokens/new/", views.token_create, name="token-create"),
    path("tokens/<int:pk>/revoke/", views.token_revoke, name="token-revoke"),
    path("units/", views.unit_list, name="unit-list"),
    path("sessions/", views.session_list, name="session-list"),
    path("sessions/end/", views.sessions_end, name="sessions-end"),
    path("sessions/<int:pk>/end/", views.session_end, name="session-end"),
]
