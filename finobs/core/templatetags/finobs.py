"""How finobs writes money, times and numbers in pages. Loaded everywhere."""

from __future__ import annotations

from django import template

from finobs.core import money

register = template.Library()


@register.simple_tag
def amount(minor: int, currency: str) -> str:
    """{% amount row.amount_minor row.currency %} -> $1,234.50"""
    return money.display(minor, currency)
