"""What decides now: the rule versions in force for a source, and the models. Read anew for every batch, in one
statement: nothing is kept between batches that could be out of date."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection

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
    with connection.cursor() as cursor:
        cursor.execute(_query(connection.vendor), [source.pk, *SCORING_STAGES])
        rows = cursor.fetchall()
    models = [
        ModelVersion.from_db(connection.alias, MODEL_COLUMNS, row[: len(MODEL_COLUMNS)])
        for row in rows
        if row[-1] is None
    ]
    rules = [_rule(*row[-6:]) for row in rows if row[-1] is not None]
    champions = [model for model in models if model.stage == ModelStage.CHAMPION]
    champions.sort(key=lambda model: PRIMARY_ORDER.index(ModelRole(model.role)))
    return ActiveDetectors(
        sorted(rules, key=lambda rule: rule.slug), champions,
        sorted((model for model in models if model.stage != ModelStage.CHAMPION), key=lambda model: model.pk),
    )  # fmt: skip


@cache
def _query(vendor: str) -> str:
    """Rules, then models, each with the columns of the other empty; PostgreSQL must be told what kind of empty."""
    casts = {"id": "bigint", "number": "bigint", "training_rows": "bigint", "threshold": "float8"}
    typed = vendor == "postgresql"
    nothing = ", ".join(f"NULL::{casts.get(name, 'text')}" if typed else "NULL" for name in MODEL_COLUMNS)
    model = ", ".join(f"m.{name}" for name in MODEL_COLUMNS)
    parameters = "v.parameters::text" if typed else "v.parameters"
    return (
        f"SELECT {nothing}, v.id, r.slug, v.number, r.kind, r.typology, {parameters} "  # noqa: S608
        f"FROM {Rule._meta.db_table} r JOIN {RuleVersion._meta.db_table} v ON v.id = r.live_id "
        f"WHERE r.source_id IS NULL OR r.source_id = %s "
        f"UNION ALL SELECT {model}, NULL, NULL, NULL, NULL, NULL, NULL "
        f"FROM {ModelVersion._meta.db_table} m WHERE m.stage IN ({', '.join(['%s'] * len(SCORING_STAGES))})"
    )


def _rule(version_id: int, slug: str, number: int, kind: str, typology: str, parameters: Any) -> ActiveRule:
    return ActiveRule(version_id, slug, number, kind, typology, json.loads(parameters))
