from django.urls import URLPattern, URLResolver, path

from . import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("alerts", api.AlertList.as_view(), name="api-alert-list"),
    path("alerts/<int:pk>", api.AlertDetail.as_view(), name="api-alert-detail"),
    path("rules", api.RuleList.as_view(), name="api-rule-list"),
    path("rules/<slug:slug>", api.RuleDetail.as_view(), name="api-rule-detail"),
    path("rules/<slug:slug>/versions", api.RuleVersionList.as_view(), name="api-rule-version-list"),
    path("models", api.ModelList.as_view(), name="api-model-list"),
    path("models/<int:pk>", api.ModelDetail.as_view(), name="api-model-detail"),
]
