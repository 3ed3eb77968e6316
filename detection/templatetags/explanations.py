"""Drawing an explanation: {% load explanations %} {% explanation kept %}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from detection.explain import waterfalls

register = template.Library()


@register.inclusion_tag("detection/_explanation.html")
def explanation(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A waterfall with its table for each model that scored, from what is kept with an alert."""
    pairs = zip((kept, *kept.get("beside", ())), waterfalls(kept), strict=True)
    return {"models": [{"kept": each, "drawn": drawn} for each, drawn in pairs]}
