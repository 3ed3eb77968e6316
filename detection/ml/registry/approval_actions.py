"""Putting a model in force, and taking it out, under four eyes: what approvers are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from approvals.registry import ApprovalAction
from finobs.accounts.models import User

from ...choices import ModelRole, ModelStage
from ...models import ModelVersion
from .services import promote_approved, retire_approved
from .workflow import PROMOTE, RETIRE

if TYPE_CHECKING:
    from approvals.models import ApprovalRequest

# Figures of a version, as people read them, and how. What is not there was not measured.
APPROVER_METRICS = (
    ("auc", "AUC", ".4f"),
    ("average_precision", "Average precision", ".4f"),
    ("precision", "Precision at the share for review", ".4f"),
    ("recall", "Recall at the share for review", ".4f"),
    ("judged_rows", "Transactions it was judged on", ",.0f"),
    ("judged_confirmed", "Confirmed among them", ",.0f"),
    ("confirmed", "Confirmed among what it learned from", ",.0f"),
    ("flagged_share", "Share that reaches the threshold", ".2%"),
    ("parity", "Largest difference to its graph", ".7f"),
)
# Of a version with a threshold of its own, what was expected of it stands in place of what its parent's share gave.
EXPECTED_METRICS = (
    ("precision", "Expected precision"), ("recall", "Expected recall"), ("known", "Alerts with an outcome behind that"),
)  # fmt: skip
NONE_ACTIVE = "none"


def champion_of(role: str) -> ModelVersion | None:
    """Without its artefact."""
    return ModelVersion.objects.defer("artefact").filter(role=role, stage=ModelStage.CHAMPION).first()


def snapshot(version: ModelVersion, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The content that is approved. Another champion in the meantime is another content."""
    before = champion_of(version.role)
    return {
        "model": str(version),
        "role": str(version.role),
        "stage": str(version.stage),
        "sha256": version.sha256,
        "feature_set": version.feature_set,
        "threshold": repr(version.threshold),
        "alerts_a_day": None if version.alerts_a_day is None else repr(version.alerts_a_day),
        "metrics": _metrics(version),
        **({"expected": _expected(version)} if "capacity" in version.metrics else {}),
        "replaces": {"model": str(before), "sha256": before.sha256} if before and before.pk != version.pk else None,
        "reason": payload["reason"],
    }


def _metrics(version: ModelVersion) -> dict[str, str]:
    """At full length: what is approved is exact."""
    parents = ("precision", "recall") if "capacity" in version.metrics else ()
    measured = [name for name, _, _ in APPROVER_METRICS if name in version.metrics and name not in parents]
    return {name: repr(version.metrics[name]) for name in measured}


def _expected(version: ModelVersion) -> dict[str, str | None]:
    capacity = version.metrics["capacity"]
    return {name: None if capacity.get(name) is None else repr(capacity[name]) for name, _ in EXPECTED_METRICS}


def model_author(version: ModelVersion) -> User | None:
    """Whoever trained it does not approve it either."""
    return version.created_by


def model_url(request: ApprovalRequest) -> str:
    return reverse("detection:model-detail", args=[request.subject_id])


def promote_summary(snapshot: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The snapshot as an approver reads it."""
    before = snapshot["replaces"]
    replaced = before["model"] if before else f"{NONE_ACTIVE}: no {_role(snapshot).lower()} model is in force"
    return [("Activate", _model(snapshot)), ("Replaces", replaced), *_facts(snapshot)]


def retire_summary(snapshot: Mapping[str, Any]) -> list[tuple[str, str]]:
    without = f"No {_role(snapshot).lower()} model decides any more; rules and the other role's model do."
    return [("Deactivate", _model(snapshot)), ("What follows", without), *_facts(snapshot)]


def _facts(snapshot: Mapping[str, Any]) -> list[tuple[str, str]]:
    daily = [("Alerts a day", f"{float(snapshot['alerts_a_day']):.1f}")] if snapshot["alerts_a_day"] else []
    measured = snapshot["metrics"]
    figures = [(label, format(float(measured[name]), how)) for name, label, how in APPROVER_METRICS if name in measured]
    return [
        ("Why", snapshot["reason"]), ("Threshold", f"{float(snapshot['threshold']):.6f}"), *daily,
        *_expectations(snapshot), *figures,
        ("Features", snapshot["feature_set"]), ("SHA-256", snapshot["sha256"]),
    ]  # fmt: skip


def _expectations(snapshot: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What its threshold let expect when it was set; nothing for what was trained with it."""
    expected = snapshot.get("expected", {})
    return [
        (label, "not known" if expected[name] is None else f"{float(expected[name]):.4g}")
        for name, label in EXPECTED_METRICS
        if name in expected
    ]


def _model(snapshot: Mapping[str, Any]) -> str:
    return f"{snapshot['model']}, {_role(snapshot).lower()}, {ModelStage(snapshot['stage']).label.lower()} until now"


def _role(snapshot: Mapping[str, Any]) -> str:
    return str(ModelRole(snapshot["role"]).label)


def actions() -> list[ApprovalAction]:
    shared: dict[str, Any] = {
        "subject_model": ModelVersion, "decide_action": "approve", "snapshot": snapshot, "last_editor": model_author,
        "url": model_url,
    }  # fmt: skip
    return [
        ApprovalAction(
            name=PROMOTE, label="Activate model", execute=promote_approved, approver_summary=promote_summary,
            **shared,
        ),
        ApprovalAction(
            name=RETIRE, label="Deactivate model", execute=retire_approved, approver_summary=retire_summary,
            **shared,
        ),
    ]  # fmt: skip
