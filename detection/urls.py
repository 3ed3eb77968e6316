from django.urls import URLPattern, URLResolver, include, path

from .alerts import views as alerts
from .ml.registry import views as registry
from .ml.registry import workflow
from .ml.training import views as training
from .performance import views as performance
from .pipeline.late import views as late
from .rules import views as rules

app_name = "detection"
urlpatterns: list[URLPattern | URLResolver] = [
    path("alerts/", alerts.alert_list, name="alert-list"),
    path("alerts/<int:pk>/", alerts.alert_detail, name="alert-detail"),
    path("alerts/<int:pk>/explanation/", alerts.alert_explanation, name="alert-explanation"),
    path("alerts/<int:pk>/replay/", alerts.alert_replay, name="alert-replay"),
    path("accounts/<int:pk>/alerts/", alerts.account_alerts, name="account-alerts"),
    path("customers/<int:pk>/alerts/", alerts.customer_alerts, name="customer-alerts"),
    path("transactions/<int:pk>/assessment/", alerts.transaction_assessment, name="transaction-assessment"),
    path("transactions/<int:pk>/explanation/", alerts.transaction_explanation, name="transaction-explanation"),
    path("batches/<int:pk>/late/", late.batch_late, name="batch-late"),
    path("reassessments/", late.reassessment_list, name="reassessment-list"),
    path("reassessments/runs/", include(late.RUN_PAGES.urls)),
    path("rules/", rules.rule_list, name="rule-list"),
    path("rules/<slug:slug>/", rules.rule_detail, name="rule-detail"),
    path("rules/<slug:slug>/change/", rules.rule_change, name="rule-change"),
    path("rules/<slug:slug>/retire/", rules.rule_retire, name="rule-retire"),
    path("models/", registry.model_list, name="model-list"),
    path("models/<int:pk>/", registry.model_detail, name="model-detail"),
    *(
        path(f"models/<int:pk>/{step.action}/", registry.model_step, {"action": step.action}, f"model-{step.action}")
        for step in workflow.HUMAN_STEPS
    ),
    path("models/leaderboard/", performance.model_leaderboard, name="model-leaderboard"),
    path("models/<int:pk>/performance/", performance.model_performance, name="model-performance"),
    path("models/<int:pk>/performance/rows/", performance.model_performance_rows, name="model-performance-rows"),
    path(
        "models/<int:pk>/performance/summary/",
        performance.model_performance_summary,
        name="model-performance-summary",
    ),
    path("models/<int:pk>/capacity/", performance.model_capacity, name="model-capacity"),
    path("models/<int:pk>/threshold/", performance.model_threshold_set, name="model-threshold-set"),
    path("training/request/", training.training_request, name="training-request"),
    path("training/", include(training.PAGES.urls)),
]
