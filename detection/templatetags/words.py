"""Codes that the programmes name, in words: {% load words %} {% typology row.typology %}."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from .. import hooks

register = template.Library()
_KEY = "_typology_words"


@register.simple_tag(takes_context=True)
def typology(context: Context, code: str) -> str:
    """A typology's word, or else its code. Asked for once for a page, also where this answers a write."""
    # The first is the page's own; each template that it includes has another.
    remembered: dict[Any, Any] = context.render_context.dicts[0]
    if _KEY not in remembered:
        remembered[_KEY] = hooks.typologies()
    return str(remembered[_KEY].get(code, code))
