"""Every read of rules: the rows that `user` may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from finobs.core import access
from finobs.core.reads import first_or_not_found

from ..models import Alert, Rule, RuleVersion


def rules_visible(user: Any) -> QuerySet[Rule]:
    access.require(user, "view", Rule)
    return access.restrict(Rule.objects.all(), user, "view").select_related("live", "source")


def rule_get(user: Any, slug: str) -> Rule:
    """Raises NotFound."""
    return first_or_not_found(rules_visible(user).filter(slug=slug))


def rule_versions(user: Any, rule: Rule) -> QuerySet[RuleVersion]:
    """Versions of a rule with `alert_count`, newest first."""
    access.require(user, "view", rule)
    rows = access.restrict(RuleVersion.objects.filter(rule=rule), user, "view")
    # Of the units whose data they may read: how much another entity is alerted is not theirs to know.
    alerts = access.restrict(Alert.objects.filter(rule_version=OuterRef("pk")), user, "measure")
    counts = alerts.order_by().values("rule_version").annotate(number=Count("pk")).values("number")
    return rows.select_related("created_by").annotate(alert_count=Coalesce(Subquery(counts), 0)).order_by("-number")


def may_configure(user: Any) -> bool:
    return access.allowed(user, "change", Rule)
