"""What decides now: the rule versions in force for a source, and the champion. Read anew for every batch, in one
statement: nothing is kept between batches that could be out of date."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from transactions.models import Source

from .choices import Stage
from .decision import LiveRule
from .models import ModelVersion, Rule, RuleVersion

MODEL = ("id", "kind", "number", "feature_set", "training_rows", "threshold", "sha256", "stage")


@dataclass(frozen=True, slots=True)
class InForce:
    """Rules in a lasting order; the champion without its artefact, parameters and metrics."""

    rules: list[LiveRule]
    champion: ModelVersion | None


def in_force(source: Source) -> InForce:
    with connection.cursor() as cursor:
        cursor.execute(_query(), [Stage.CHAMPION.value, source.pk])
        rows = cursor.fetchall()
    model = rows[0][: len(MODEL)]
    rules = [_rule(*row[len(MODEL) :]) for row in rows if row[len(MODEL)] is not None]
    return InForce(rules, ModelVersion.from_db(connection.alias, MODEL, model) if model[0] is not None else None)


def _query() -> str:
    """One row for each rule, or one without any; each with the champion's columns, or without them."""
    model = ", ".join(f"m.{name}" for name in MODEL)
    rules = (
        f"SELECT v.id, r.slug, v.number, r.kind, r.typology, v.parameters FROM {Rule._meta.db_table} r "  # noqa: S608
        f"JOIN {RuleVersion._meta.db_table} v ON v.id = r.live_id WHERE r.source_id IS NULL OR r.source_id = %s"
    )
    return (
        f"SELECT {model}, r.* FROM (SELECT 1) AS one LEFT JOIN {ModelVersion._meta.db_table} m ON m.stage = %s "  # noqa: S608
        f"LEFT JOIN ({rules}) r ON 1 = 1 ORDER BY r.slug"
    )


def _rule(version_id: int, slug: str, number: int, kind: str, typology: str, parameters: Any) -> LiveRule:
    read = json.loads(parameters) if isinstance(parameters, str) else parameters
    return LiveRule(version_id, slug, number, kind, typology, read)
