"""What decides now: the rule versions in force for a source, and the models. Read anew for every batch, in one
pipeline: nothing is kept between batches that could be out of date."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection

from finobs.core.db.dialect import json_text, table_of
from finobs.core.db.pipeline import pipeline, send
from transactions.models import Source

from ..choices import ModelRole, ModelStage
from ..models import ModelVersion, Rule, RuleVersion
from .decision import ActiveRule

MODEL_COLUMNS = ("id", "role", "kind", "number", "feature_set", "training_rows", "threshold", "sha256", "stage")
# Whose score is the decision's, where several are in force.
PRIMARY_ORDER = (ModelRole.SUPERVISED, ModelRole.ANOMALY)
SCORING_STAGES = (ModelStage.CHAMPION, ModelStage.CHALLENGER, ModelStage.SHADOW)


@dataclass(frozen=True, slots=True)
class ActiveDetectors:
    """Rules in a lasting order; models without artefact, parameters and metrics.

    champions: at most one of each role, the one whose score is shown first. beside: shadows and challengers, which
    score and decide nothing.
    """

    rules: list[ActiveRule]
    champions: list[ModelVersion]
    beside: list[ModelVersion]


def active_detectors(source: Source) -> ActiveDetectors:
    with pipeline():
        rule_rows = send(_rules_query(), [source.pk])
        model_rows = send(_models_query(), SCORING_STAGES)
    rules = [_rule(*row) for row in rule_rows()]
    models = [ModelVersion.from_db(connection.alias, MODEL_COLUMNS, row) for row in model_rows()]
    champions = [model for model in models if model.stage == ModelStage.CHAMPION]
    champions.sort(key=lambda model: PRIMARY_ORDER.index(ModelRole(model.role)))
    return ActiveDetectors(
        sorted(rules, key=lambda rule: rule.slug), champions,
        sorted((model for model in models if model.stage != ModelStage.CHAMPION), key=lambda model: model.pk),
    )  # fmt: skip


@cache
def _rules_query() -> str:
    return (
        f"SELECT v.id, r.slug, v.number, r.kind, r.typology, {json_text('v.parameters')} "  # noqa: S608
        f"FROM {table_of(Rule)} r JOIN {table_of(RuleVersion)} v ON v.id = r.live_id "
        "WHERE r.source_id IS NULL OR r.source_id = %s"
    )


@cache
def _models_query() -> str:
    stages = ", ".join(["%s"] * len(SCORING_STAGES))
    return f"SELECT {', '.join(MODEL_COLUMNS)} FROM {table_of(ModelVersion)} WHERE stage IN ({stages})"  # noqa: S608


def _rule(version_id: int, slug: str, number: int, kind: str, typology: str, parameters: Any) -> ActiveRule:
    return ActiveRule(version_id, slug, number, kind, typology, json.loads(parameters))
