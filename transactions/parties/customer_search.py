"""Customers as people look for them: in lists, and where a counterparty is resolved."""

from __future__ import annotations

from django.db.models import Q

from finobs.accounts.names import name_key

from ..identifiers import writings


def customer_by_text(text: str) -> Q:
    """Of customers: a part of the name, however it is written, or the id at the source."""
    key = name_key(text)
    by_name = Q(name_key__contains=key) if key else Q()
    return by_name | Q(external_id__in=sorted(writings(text)))
