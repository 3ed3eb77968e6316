from django.urls import URLPattern, URLResolver, path

from . import api

app_name = "approvals_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("approvals", api.ApprovalRequestList.as_view(), name="request-list"),
    path("approvals/<int:pk>", api.ApprovalRequestDetail.as_view(), name="request-detail"),
    path("approvals/<int:pk>/decide", api.ApprovalRequestDecide.as_view(), name="request-decide"),
    path("approvals/<int:pk>/withdraw", api.ApprovalRequestWithdraw.as_view(), name="request-withdraw"),
]
