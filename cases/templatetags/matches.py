"""Why an alert lies in its incident: {% load matches %}."""

from __future__ import annotations

from django import template

from ..matches import match_text

register = template.Library()
# {{ alert.case_alert|match_text }}
register.filter("match_text", match_text)
