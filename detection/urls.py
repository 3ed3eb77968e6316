from django.urls import URLPattern, URLResolver, path

from . import views
from .ml.registry import workflow
from .performance import urls as performance

app_name = "detection"
urlpatterns: list[URLPattern | URLResolver] = [
    path("alerts/", views.alert_list, name="alert-list"),
    path("alerts/<int:pk>/", views.alert_detail, name="alert-detail"),
    path("alerts/<int:pk>/explanation/", views.alert_explanation, name="alert-explanation"),
    path("alerts/<int:pk>/replay/", views.alert_replay, name="alert-replay"),
    path("transactions/<int:pk>/assessment/", views.transaction_assessment, name="transaction-assessment"),
    path("transactions/<int:pk>/explanation/", views.transaction_explanation, name="transaction-explanation"),
    path("batches/<int:pk>/late/", views.batch_late, name="batch-late"),
    path("reassessments/", views.reassessment_list, name="reassessment-list"),
    path("rules/", views.rule_list, name="rule-list"),
    path("rules/<slug:slug>/", views.rule_detail, name="rule-detail"),
    path("rules/<slug:slug>/change/", views.rule_change, name="rule-change"),
    path("rules/<slug:slug>/retire/", views.rule_retire, name="rule-retire"),
    path("models/", views.model_list, name="model-list"),
    path("models/<int:pk>/", views.model_detail, name="model-detail"),
    *(
        path(f"models/<int:pk>/{step.action}/", views.model_step, {"action": step.action}, f"model-{step.action}")
        for step in workflow.HUMAN_STEPS
    ),
    path("training/", views.training_list, name="training-list"),
    path("training/request/", views.training_request, name="training-request"),
    path("training/<int:pk>/", views.training_detail, name="training-detail"),
    path("training/<int:pk>/cancel/", views.training_cancel, name="training-cancel"),
    *performance.urlpatterns,
]
