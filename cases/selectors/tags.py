"""The tags that can be put on items."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from finobs.core import access
from finobs.core.reads import first_or_not_found

from ..models import Tag


def tags_visible(user: Any) -> QuerySet[Tag]:
    return access.restrict(Tag.objects.all(), user, "view")


def tag_get(user: Any, slug: str) -> Tag:
    """One tag. Raises NotFound."""
    return first_or_not_found(tags_visible(user).filter(slug=slug))
