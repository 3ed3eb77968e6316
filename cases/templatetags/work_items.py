"""How pages write where an incident or a case is."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from finobs.core.templatetags.finobs import badge

from ..choices import CaseStatus
from ..models import WorkItem

register = template.Library()


@register.simple_tag
def status_badge(item: WorkItem) -> SafeString:
    """{% status_badge item %}: the word of its status. What was begun, and is nobody's now, says so."""
    if item.status == CaseStatus.OPEN and item.current_lease is None:
        return badge(CaseStatus.NEW, "Nobody holds it")
    return badge(item.status, item.get_status_display())
