"""Putting a model in force, and taking it out, under four eyes: what approvers are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from approvals.registry import Action
from finobs.accounts.models import User

from .choices import Role, Stage
from .models import ModelVersion

if TYPE_CHECKING:
    from approvals.models import Request

PROMOTE, RETIRE = "detection.model_promote", "detection.model_retire"
# Figures of a version, as people read them. What is not there was not measured.
FIGURES = (
    ("auc", "AUC"),
    ("average_precision", "Average precision"),
    ("precision", "Precision at the share for review"),
    ("recall", "Recall at the share for review"),
    ("judged_rows", "Judged on"),
    ("judged_confirmed", "Confirmed among them"),
    ("confirmed", "Confirmed among what it learned from"),
    ("flagged_share", "Share that reaches the threshold"),
    ("parity", "Largest difference to its graph"),
    ("expected_precision", "Expected precision of its further alerts"),
    ("expected_known", "Alerts with an outcome, which that rests on"),
    ("expected_recall", "Expected recall of its further alerts"),
)
NOBODY = "none"


def champion_of(role: str) -> ModelVersion | None:
    """Without its artefact."""
    return ModelVersion.objects.defer("artefact").filter(role=role, stage=Stage.CHAMPION).first()


def snapshot(version: ModelVersion, proposed: Mapping[str, Any]) -> dict[str, Any]:
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
        "metrics": {name: repr(value) for name, value in _measured(version).items()},
        "replaces": {"model": str(before), "sha256": before.sha256} if before and before.pk != version.pk else None,
        "reason": proposed["reason"],
    }


def _measured(version: ModelVersion) -> dict[str, Any]:
    """The figures that there are, with what was expected when the threshold was set from capacity."""
    capacity = version.metrics.get("capacity", {})
    found = version.metrics | {f"expected_{name}": value for name, value in capacity.items() if value is not None}
    return {name: found[name] for name, _ in FIGURES if name in found}


def maker(version: ModelVersion) -> User | None:
    """Whoever trained it does not approve it either."""
    return version.created_by


def page(request: Request) -> str:
    return reverse("detection:model-detail", args=[request.subject_id])


def promote_words(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The snapshot as an approver reads it."""
    before = shown["replaces"]
    replaced = before["model"] if before else f"{NOBODY}: no {_role(shown).lower()} model is in force"
    return [("Put in force", _model(shown)), ("Replaces", replaced), *_facts(shown)]


def retire_words(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    without = f"No {_role(shown).lower()} model decides any more; rules and the other role's model do."
    return [("Take out of force", _model(shown)), ("What follows", without), *_facts(shown)]


def _facts(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    daily = [("Alerts a day", shown["alerts_a_day"])] if shown["alerts_a_day"] else []
    figures = [(label, shown["metrics"][name]) for name, label in FIGURES if name in shown["metrics"]]
    return [
        ("Why", shown["reason"]), ("Threshold", shown["threshold"]), *daily, *figures,
        ("Features", shown["feature_set"]), ("SHA-256", shown["sha256"]),
    ]  # fmt: skip


def _model(shown: Mapping[str, Any]) -> str:
    return f"{shown['model']}, {_role(shown).lower()}, {Stage(shown['stage']).label.lower()} until now"


def _role(shown: Mapping[str, Any]) -> str:
    return str(Role(shown["role"]).label)


def actions() -> list[Action]:
    from .services.model_stage import promote_approved, retire_approved

    shared: dict[str, Any] = {
        "subject_model": ModelVersion, "decide_action": "approve", "snapshot": snapshot, "last_editor": maker,
        "url": page,
    }  # fmt: skip
    return [
        Action(name=PROMOTE, label="Put model in force", execute=promote_approved, words=promote_words, **shared),
        Action(name=RETIRE, label="Take model out of force", execute=retire_approved, words=retire_words, **shared),
    ]
