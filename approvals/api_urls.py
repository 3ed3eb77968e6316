from django.urls import URLPattern, URLResolver, path

from . import api

app_name = "approvals_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("approvals", api.RequestList.as_view(), name="request-list"),
    path("approvals/<int:pk>", api.RequestDetail.as_view(), name="request-detail"),
    path("approvals/<int:pk>/decide", api.RequestDecide.as_view(), name="request-decide"),
    path("approvals/<int:pk>/withdraw", api.RequestWithdraw.as_view(), name="request-withdraw"),
]
