"""A model card: what is known of a version, in words made from what was kept with it, and nothing besides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format

from ...choices import ModelRole
from ...models import ModelVersion
from ..explain.feature_labels import feature_label
from ..training.publication import PARITY_LIMIT

DOES = {
    ModelRole.ANOMALY: "Scores how unlike what it learned from a transaction is, from 0 to 1. It needs no labels.",
    ModelRole.SUPERVISED: "Scores how likely a transaction is to be confirmed as suspicious, from 0 to 1, by labels.",
}
# The last two are at the threshold that the model was trained with, and say nothing of a version at another one.
AT_SHARE = ("precision", "recall")
SHARES = (
    ("auc", "AUC"),
    ("average_precision", "Average precision"),
    ("precision", "Precision at the share for review"),
    ("recall", "Recall at the share for review"),
)
PARAMETERS = {
    "trees": "Trees", "sample": "Rows in each tree", "components": "PCA components", "forest_weight": "Forest's weight",
    "rounds": "Boosting rounds", "leaves": "Leaves in each tree", "rate": "Learning rate",
    "least_in_leaf": "Rows in a leaf, at least", "l2": "L2 regularisation", "seed": "Seed",
    "days": "Days learned from", "delay": "Days until an outcome counts", "share": "Share for review asked for",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelCard:
    does: str
    use: str
    limits: list[str]
    figures: list[tuple[str, str]]
    parameters: list[tuple[str, str]]
    features: list[tuple[str, str, str]]  # name, in words, typical
    digest: str
    size: int


def model_card(version: ModelVersion) -> ModelCard:
    parameters = version.parameters
    typical = parameters.get("typical", {})
    return ModelCard(
        does=DOES[ModelRole(version.role)],
        use=(
            f"Scores from {version.threshold:.6f} ask for review by a person. It never blocks, and never lowers what a "
            "rule demands."
        ),
        limits=list(_limits(version)),
        figures=list(_figures(version.metrics)),
        parameters=[(label, _number(parameters[name])) for name, label in PARAMETERS.items() if name in parameters],
        features=[(name, feature_label(name).label, typical.get(name, "")) for name in parameters.get("features", [])],
        digest=str(parameters.get("feature_digest", "")),
        size=len(bytes(version.artefact)),
    )


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _figures(metrics: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, label in SHARES:
        if name in metrics and not ("capacity" in metrics and name in AT_SHARE):
            yield label, f"{metrics[name]:.4f}"
    if "judged_rows" in metrics:
        counts = f"{metrics['judged_rows']:,} transactions, {metrics['judged_confirmed']:,} of them confirmed"
        days = f"{_day(metrics['judged_from'])} to {_day(metrics['judged_to'])}"
        yield "Judged on", f"{counts}, {days}: of a model made in the same way before these days"
    if "not_judged" in metrics:
        yield "Not judged", str(metrics["not_judged"])
    if "confirmed" in metrics:
        yield "Confirmed among what it learned from", f"{metrics['confirmed']:,}"
    if "flagged_share" in metrics:
        rows = f"{metrics['threshold_rows']:,} " if "threshold_rows" in metrics else ""
        whose = metrics.get("threshold_from", "rows that it learned from")
        yield "Reach the threshold", f"{metrics['flagged_share']:.3%} of the {rows}{whose}"
    if "parity" in metrics:
        yield (
            "Agreement",
            (
                f"What is served differs from what was fitted by {metrics['parity']:.7f} at most, over "
                f"{metrics['parity_rows']:,} rows; {PARITY_LIMIT:.5f} is the limit."
            ),
        )


def _day(moment: str) -> str:
    return date_format(datetime.fromisoformat(moment), "j M Y")


def _limits(version: ModelVersion) -> Iterator[str]:
    if source := version.parameters.get("source"):
        yield f"It has seen transactions of the source {source} only."
    yield "It looks back 30 days, in one currency; amounts of different currencies are not converted."
    if version.role == ModelRole.SUPERVISED:
        yield "What nobody had confirmed by the time of training counted as not suspicious."
    if version.metrics.get("threshold_from", "").startswith("rows that"):
        yield "Its threshold was set on the rows it learned from, so fewer or more than asked for may reach it."
    if "not_judged" in version.metrics:
        yield "Nobody can say yet how good it is: too few outcomes were known."
