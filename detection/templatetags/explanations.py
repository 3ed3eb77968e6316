"""Drawing an explanation: {% load explanations %} {% explanation kept %}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from detection.explain import waterfall

register = template.Library()


@register.inclusion_tag("detection/_explanation.html")
def explanation(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A waterfall with its table, from what is kept with an alert."""
    return {"kept": kept, "drawn": waterfall(kept)}
