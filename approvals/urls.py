from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "approvals"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.inbox, name="inbox"),
    path("panel/<str:subject_type>/<int:subject_id>/", views.panel, name="panel"),
    path("<int:pk>/", views.request_detail, name="request-detail"),
    path("<int:pk>/decide/", views.request_decide, name="request-decide"),
    path("<int:pk>/withdraw/", views.request_withdraw, name="request-withdraw"),
]
