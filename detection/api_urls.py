from django.urls import URLPattern, URLResolver, path

from . import api
from .decisions import api as decisions
from .ml.registry import workflow
from .performance import api_urls as performance

urlpatterns: list[URLPattern | URLResolver] = [
    path("decisions", decisions.DecisionMake.as_view(), name="api-decision-make"),
    path("decisions/batch", decisions.DecisionBatch.as_view(), name="api-decision-batch"),
    path("decisions/<int:pk>", decisions.DecisionDetail.as_view(), name="api-decision-detail"),
    path("alerts", api.AlertList.as_view(), name="api-alert-list"),
    path("alerts/<int:pk>", api.AlertDetail.as_view(), name="api-alert-detail"),
    path("alerts/<int:pk>/explanation", api.AlertExplanation.as_view(), name="api-alert-explanation"),
    path("transactions/<int:pk>/explanation", api.TransactionExplanation.as_view(), name="api-transaction-explanation"),
    path("batches/<int:pk>/late", api.BatchLate.as_view(), name="api-batch-late"),
    path("reassessments", api.ReassessmentList.as_view(), name="api-reassessment-list"),
    path("rules", api.RuleList.as_view(), name="api-rule-list"),
    path("rules/<slug:slug>", api.RuleDetail.as_view(), name="api-rule-detail"),
    path("rules/<slug:slug>/versions", api.RuleVersionList.as_view(), name="api-rule-version-list"),
    path("models", api.ModelList.as_view(), name="api-model-list"),
    path("models/<int:pk>", api.ModelDetail.as_view(), name="api-model-detail"),
    *(
        path(
            f"models/<int:pk>/{step.action}", api.ModelStep.as_view(action=step.action), name=f"api-model-{step.action}"
        )
        for step in workflow.HUMAN_STEPS
    ),
    path("training-runs", api.TrainingRunList.as_view(), name="api-training-list"),
    path("training-runs/<int:pk>", api.TrainingRunDetail.as_view(), name="api-training-detail"),
    path("training-runs/<int:pk>/cancel", api.TrainingRunCancel.as_view(), name="api-training-cancel"),
    *performance.urlpatterns,
]
