from django.urls import URLPattern, URLResolver, path

from . import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("models/leaderboard/", views.model_leaderboard, name="model-leaderboard"),
    path("models/<int:pk>/performance/", views.model_performance, name="model-performance"),
    path("models/<int:pk>/performance/rows/", views.model_performance_rows, name="model-performance-rows"),
    path("models/<int:pk>/performance/summary/", views.model_performance_summary, name="model-performance-summary"),
    path("models/<int:pk>/capacity/", views.model_capacity, name="model-capacity"),
    path("models/<int:pk>/threshold/", views.model_threshold_set, name="model-threshold-set"),
]
