from django.urls import URLPattern, URLResolver, path

from . import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("models/leaderboard", api.ModelLeaderboard.as_view(), name="api-model-leaderboard"),
    path("models/<int:pk>/performance", api.ModelPerformance.as_view(), name="api-model-performance"),
    path("models/<int:pk>/performance/rows", api.ModelPerformanceRows.as_view(), name="api-model-performance-rows"),
    path("models/<int:pk>/capacity", api.ModelCapacity.as_view(), name="api-model-capacity"),
    path("models/<int:pk>/threshold", api.ModelThreshold.as_view(), name="api-model-threshold-set"),
]
