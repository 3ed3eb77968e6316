"""Whether anything assesses what comes in: for readiness."""

from __future__ import annotations

from finobs.core.health import Degraded
from transactions.models import Source

from .bootstrap import MIN_TRANSACTIONS
from .choices import ModelStage
from .models import ModelVersion, Rule


def check_health() -> str:
    """For /readyz. A model assesses every source; a rule that names a currency or a source assesses that one."""
    sources = list(Source.objects.filter(is_active=True).order_by("slug"))
    if not sources:
        return "No source sends anything; the first rules come with the first source."
    rules = list(Rule.objects.filter(live__isnull=False).select_related("live"))
    models = ModelVersion.objects.filter(stage=ModelStage.CHAMPION).count()
    slugs = [source.slug for source in sources if not models and not any(_assesses(rule, source) for rule in rules)]
    if slugs:
        more = f" and {len(slugs) - 5} more" if len(slugs) > 5 else ""
        raise Degraded(f"No rule and no model assesses what comes in from {', '.join(slugs[:5])}{more}.")
    if models:
        return f"In force: rules {len(rules)}, models {models}."
    return f"In force: rules {len(rules)}, no model; the first is trained at {MIN_TRANSACTIONS:,} transactions."


def _assesses(rule: Rule, source: Source) -> bool:
    if rule.live is None or rule.source_id not in (None, source.pk):
        return False
    currency = rule.live.parameters.get("currency")
    # A source without a default currency may send any.
    return not currency or not source.default_currency or currency == source.default_currency
