"""What decides now: the rule versions in force for a source, and the models. Read anew for every batch, in one
statement: nothing is kept between batches that could be out of date."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection

from finobs.core.db.dialect import json_text, table_of
from finobs.core.db.pipeline import Rows, send, send_later
from transactions.models import Source

from .. import features
from ..choices import ModelRole, ModelStage
from ..models import ModelVersion, Rule, RuleVersion
from .decision import ActiveRule

# Columns of a model, with their types.
MODEL_COLUMNS = {
    "id": "bigint", "role": "text", "kind": "text", "number": "bigint", "feature_set": "text",
    "training_rows": "bigint", "threshold": "double precision", "sha256": "text", "stage": "text",
}  # fmt: skip
# Whose score is the decision's, where several are in force.
PRIMARY_ORDER = (ModelRole.SUPERVISED, ModelRole.ANOMALY)
SCORING_STAGES = (ModelStage.CHAMPION, ModelStage.CHALLENGER, ModelStage.SHADOW)


@dataclass(frozen=True, slots=True)
class ActiveDetectors:
    """Rules in a lasting order; models without artefact, parameters and metrics.

    champions: at most one of each role, the one whose score is shown first. shadow: shadows and challengers, which
    score and decide nothing.
    """

    rules: list[ActiveRule]
    champions: list[ModelVersion]
    shadow: list[ModelVersion]

    @property
    def read_history(self) -> bool:
        """Whether any model in force makes its score of what came before: then rows that come late change it."""
        return any(features.get(each.feature_set).statistics for each in self.champions)


def active_detectors(source: Source) -> ActiveDetectors:
    return _detectors(send(_query(), _values(source))())


def send_for_detectors(source: Source) -> Callable[[], ActiveDetectors]:
    """Ask for them with the next statement of the transaction (`pipeline.send_later`); what is returned fetches them,
    once."""
    fetch = send_later(_query(), _values(source))
    return lambda: _detectors(fetch())


def _values(source: Source) -> list[Any]:
    return [source.pk, *SCORING_STAGES]


def _detectors(rows: Rows) -> ActiveDetectors:
    width = len(MODEL_COLUMNS)
    models = [ModelVersion.from_db(connection.alias, tuple(MODEL_COLUMNS), row[:width]) for row in rows if not row[-1]]
    rules = [_rule(*row[width:]) for row in rows if row[-1]]
    champions = [model for model in models if model.stage == ModelStage.CHAMPION]
    champions.sort(key=lambda model: PRIMARY_ORDER.index(ModelRole(model.role)))
    return ActiveDetectors(
        sorted(rules, key=lambda rule: rule.slug), champions,
        sorted((model for model in models if model.stage != ModelStage.CHAMPION), key=lambda model: model.pk),
    )  # fmt: skip


@cache
def _query() -> str:
    """Rules, then models, each with the columns of the other empty.

    One statement: two in a pipeline would cost a decision 3 % (docs/decisions/0012).
    """
    nothing = ", ".join(f"CAST(NULL AS {kind})" for kind in MODEL_COLUMNS.values())
    model, stages = ", ".join(f"m.{name}" for name in MODEL_COLUMNS), ", ".join(["%s"] * len(SCORING_STAGES))
    return (
        f"SELECT {nothing}, v.id, r.slug, v.number, r.kind, r.typology, {json_text('v.parameters')} "  # noqa: S608
        f"FROM {table_of(Rule)} r JOIN {table_of(RuleVersion)} v ON v.id = r.live_id "
        "WHERE r.source_id IS NULL OR r.source_id = %s "
        f"UNION ALL SELECT {model}, NULL, NULL, NULL, NULL, NULL, NULL "
        f"FROM {table_of(ModelVersion)} m WHERE m.stage IN ({stages})"
    )


def _rule(version_id: int, slug: str, number: int, kind: str, typology: str, parameters: Any) -> ActiveRule:
    return ActiveRule(version_id, slug, number, kind, typology, json.loads(parameters))
