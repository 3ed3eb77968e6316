"""Every read of rules: the rows that `user` may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet

from finobs.core import access
from finobs.core.reads import first_or_not_found

from ..models import Rule, RuleVersion


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
    return rows.select_related("created_by").annotate(alert_count=Count("alerts")).order_by("-number")


def may_configure(user: Any) -> bool:
    return access.allowed(user, "change", Rule)
