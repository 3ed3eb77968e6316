"""What was concluded of an incident or a case, in the words of its programme: {% load conclusions %}."""

from __future__ import annotations

from django import template

from ..models import WorkItem
from ..policies.programmes import labels, programme_of

register = template.Library()


@register.filter
def disposition_word(item: WorkItem) -> str:
    """{{ item|disposition_word }}"""
    return labels(programme_of(item.typology), "dispositions").get(item.disposition, item.disposition)


@register.filter
def reason_word(item: WorkItem) -> str:
    """{{ item|reason_word }}"""
    return labels(programme_of(item.typology), "reason_codes").get(item.reason_code, item.reason_code)
