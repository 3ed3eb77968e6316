from django.urls import URLPattern, URLResolver, path

from .alerts import api as alerts
from .decisions import api as decisions
from .ml.registry import api as registry
from .ml.training import api as training
from .performance import api as performance
from .pipeline.late import api as late
from .rules import api as rules

app_name = "detection_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("decisions", decisions.DecisionMake.as_view(), name="decision-make"),
    path("decisions/batch", decisions.DecisionBatch.as_view(), name="decision-batch"),
    path("decisions/<int:pk>", decisions.DecisionDetail.as_view(), name="decision-detail"),
    path("alerts", alerts.AlertList.as_view(), name="alert-list"),
    path("alerts/<int:pk>", alerts.AlertDetail.as_view(), name="alert-detail"),
    path("alerts/<int:pk>/replay", alerts.AlertReplay.as_view(), name="alert-replay"),
    path("alerts/<int:pk>/explanation", alerts.AlertExplanation.as_view(), name="alert-explanation"),
    path("transactions/<int:pk>/explanation", alerts.TransactionExplanation.as_view(), name="transaction-explanation"),
    path("batches/<int:pk>/late", late.BatchLate.as_view(), name="batch-late"),
    path("reassessments", late.ReassessmentList.as_view(), name="reassessment-list"),
    path("reassessment-runs", late.ReassessmentRunList.as_view(), name="reassessment-run-list"),
    path("reassessment-runs/<int:pk>", late.ReassessmentRunDetail.as_view(), name="reassessment-run-detail"),
    path("reassessment-runs/<int:pk>/cancel", late.ReassessmentRunCancel.as_view(), name="reassessment-run-cancel"),
    path("reassessment-runs/<int:pk>/retry", late.ReassessmentRunRetry.as_view(), name="reassessment-run-retry"),
    path("rules", rules.RuleList.as_view(), name="rule-list"),
    path("rules/<slug:slug>", rules.RuleDetail.as_view(), name="rule-detail"),
    path("rules/<slug:slug>/versions", rules.RuleVersionList.as_view(), name="rule-version-list"),
    path("models", registry.ModelList.as_view(), name="model-list"),
    path("models/<int:pk>", registry.ModelDetail.as_view(), name="model-detail"),
    path("models/<int:pk>/shadow", registry.ModelShadow.as_view(), name="model-shadow"),
    path("models/<int:pk>/challenge", registry.ModelChallenge.as_view(), name="model-challenge"),
    path("models/<int:pk>/promote", registry.ModelPromote.as_view(), name="model-promote"),
    path("models/<int:pk>/retire", registry.ModelRetire.as_view(), name="model-retire"),
    path("models/leaderboard", performance.ModelLeaderboard.as_view(), name="model-leaderboard"),
    path("models/<int:pk>/performance", performance.ModelPerformance.as_view(), name="model-performance"),
    path("models/<int:pk>/performance/rows", performance.ModelPerformanceRows.as_view(), name="model-performance-rows"),
    path("models/<int:pk>/capacity", performance.ModelCapacity.as_view(), name="model-capacity"),
    path("models/<int:pk>/threshold", performance.ModelThresholdSet.as_view(), name="model-threshold-set"),
    path("training-runs", training.TrainingList.as_view(), name="training-list"),
    path("training-runs/<int:pk>", training.TrainingDetail.as_view(), name="training-detail"),
    path("training-runs/<int:pk>/cancel", training.TrainingCancel.as_view(), name="training-cancel"),
    path("training-runs/<int:pk>/retry", training.TrainingRetry.as_view(), name="training-retry"),
]
