"""How pages write what a transaction says: {% load payments %}."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .. import reference_data
from ..models import Transaction

register = template.Library()
ABBREVIATIONS: Final = frozenset({"atm", "pos", "moto"})


@register.filter
def channel_word(code: str) -> str:
    """A channel as its source calls it, in words.

    >>> channel_word("direct_debit"), channel_word("atm"), channel_word("")
    ('Direct debit', 'ATM', '–')
    """
    word = code.upper() if code.lower() in ABBREVIATIONS else f"{code[:1].upper()}{code[1:]}"
    return word.replace("_", " ") or "–"


@register.filter
def way(row: Transaction) -> str:
    """{{ row|way }}: by what channel, and by what method where that is another word."""
    channel, method = channel_word(row.channel) if row.channel else "", row.get_method_display() if row.method else ""
    same = channel.casefold() == method.casefold()
    return " · ".join(filter(None, (channel, "" if same else method))) or "–"


@register.filter
def country_name(code: str) -> str:
    """{{ row.country|country_name }}"""
    return reference_data.country_name(code) if code else "–"


@register.filter
def country_code(code: str) -> SafeString:
    """Where there is no room for the name: the code, with the name on hover and for screen readers."""
    return format_html('<abbr title="{}">{}</abbr>', country_name(code), code) if code else SafeString("–")


@register.filter
def countries(row: Transaction) -> SafeString:
    """{{ row|countries }}: of the transaction and of its other side; one where both are the same."""
    codes = dict.fromkeys(filter(None, (row.country, row.counterparty_country)))
    return format_html_join(" ↔ ", "{}", ((country_code(code),) for code in codes)) if codes else SafeString("–")
