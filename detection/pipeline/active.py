"""What decides now: the rule versions in force for a source, and the models. Read anew for every batch, in one
statement: nothing is kept between batches that could be out of date."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection

from transactions.models import Source

from ..choices import Role, Stage
from ..models import ModelVersion, Rule, RuleVersion
from .decision import LiveRule

MODEL = ("id", "role", "kind", "number", "feature_set", "training_rows", "threshold", "sha256", "stage")
# Whose score is the decision's, where several are in force.
LEADING = (Role.SUPERVISED, Role.ANOMALY)
SCORING = (Stage.CHAMPION, Stage.CHALLENGER, Stage.SHADOW)


@dataclass(frozen=True, slots=True)
class InForce:
    """Rules in a lasting order; models without artefact, parameters and metrics.

    champions: at most one of each role, the one whose score is shown first. beside: shadows and challengers, which
    score and decide nothing.
    """

    rules: list[LiveRule]
    champions: list[ModelVersion]
    beside: list[ModelVersion]


def in_force(source: Source) -> InForce:
    with connection.cursor() as cursor:
        cursor.execute(_query(connection.vendor), [source.pk, *SCORING])
        rows = cursor.fetchall()
    models = [ModelVersion.from_db(connection.alias, MODEL, row[: len(MODEL)]) for row in rows if row[-1] is None]
    rules = [_rule(*row[-6:]) for row in rows if row[-1] is not None]
    champions = [model for model in models if model.stage == Stage.CHAMPION]
    champions.sort(key=lambda model: LEADING.index(Role(model.role)))
    return InForce(
        sorted(rules, key=lambda rule: rule.slug), champions,
        sorted((model for model in models if model.stage != Stage.CHAMPION), key=lambda model: model.pk),
    )  # fmt: skip


@cache
def _query(vendor: str) -> str:
    """Rules, then models, each with the columns of the other empty; PostgreSQL must be told what kind of empty."""
    casts = {"id": "bigint", "number": "bigint", "training_rows": "bigint", "threshold": "float8"}
    typed = vendor == "postgresql"
    nothing = ", ".join(f"NULL::{casts.get(name, 'text')}" if typed else "NULL" for name in MODEL)
    model = ", ".join(f"m.{name}" for name in MODEL)
    parameters = "v.parameters::text" if typed else "v.parameters"
    return (
        f"SELECT {nothing}, v.id, r.slug, v.number, r.kind, r.typology, {parameters} "  # noqa: S608
        f"FROM {Rule._meta.db_table} r JOIN {RuleVersion._meta.db_table} v ON v.id = r.live_id "
        f"WHERE r.source_id IS NULL OR r.source_id = %s "
        f"UNION ALL SELECT {model}, NULL, NULL, NULL, NULL, NULL, NULL "
        f"FROM {ModelVersion._meta.db_table} m WHERE m.stage IN ({', '.join(['%s'] * len(SCORING))})"
    )


def _rule(version_id: int, slug: str, number: int, kind: str, typology: str, parameters: Any) -> LiveRule:
    return LiveRule(version_id, slug, number, kind, typology, json.loads(parameters))
