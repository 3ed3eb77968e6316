"""Drawing an explanation: {% load explanations %} {% explanation kept %}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from finobs.core import context
from transactions.models import Source

from ..ml.explain import waterfalls
from ..ml.explain.feature_labels import feature_label
from ..ml.explain.reason_words import in_words, is_worded
from ..models import Alert
from ..pipeline import clearance

register = template.Library()


@register.filter
def worded(feature: str) -> str:
    """A feature's name as people read it."""
    return feature_label(feature).label


@register.filter
def flagging_model(alert: Alert) -> dict[str, Any] | None:
    """The model whose score sent the transaction to review, the one that is shown first before the other."""
    return next((model for model in alert.parameters["models"] if model["is_flagged"]), None)


@register.filter
def visible_reasons(alert: Alert, user: Any) -> list[str]:
    """Why an alert was raised, as far as somebody may read it: {{ alert|visible_reasons:request.user|first }}."""
    reasons = clearance.visible_reasons(user, alert)
    if alert.is_external or not any(map(is_worded, reasons)):
        return reasons
    declaration = _attributes_of(alert.transaction.source_id)
    return [in_words(each, declaration) for each in reasons]


def _attributes_of(source_id: int) -> Mapping[str, Any]:
    """What a source declares, asked for once for a page; its alerts need not be read with it."""
    rows = Source.objects.filter(pk=source_id).values_list("attributes", flat=True)
    return context.memoize(("attributes", source_id), lambda: rows.get())


@register.inclusion_tag("detection/_explanation.html")
def explanation(content: Mapping[str, Any]) -> dict[str, Any]:
    """A waterfall with its table for each model that scored, from what is kept with an alert."""
    pairs = zip((content, *content["beside"]), waterfalls(content), strict=True)
    return {"models": [{"kept": each, "drawn": drawn} for each, drawn in pairs]}
