"""How pages write what is said of customers."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def per_cent(points: int | None) -> str:
    r"""A share in basis points as people read it.

    >>> per_cent(1250), per_cent(10_000), per_cent(None)
    ('12.5\xa0%', '100\xa0%', '–')
    """
    if points is None:
        return "–"
    whole, part = divmod(points, 100)
    return f"{whole}{f'.{part:02}'.rstrip('0') if part else ''}\N{NO-BREAK SPACE}%"
