"""Which quarantined rows are about a customer: those of their id, and those in which their names stand.

Of a row that could not be read nobody knows whom it is about. What is known of the customer is looked for in it as the
eye would: whole words, without case, marks and look-alikes, in UTF-8 and Latin-1, JSON unescaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.db.models import Q

from finobs.accounts.names import plain_letters

from ..choices import RecordKind
from ..models import Customer, CustomerProfile, QuarantinedRow

# Fewer letters stand in everybody's rows.
MIN_LETTERS: Final = 4
NOT_WORD: Final = re.compile(r"[\W_]+")
# Their ids are not of customers, and what they say may name people.
NAMING_KINDS: Final = (RecordKind.ACCOUNT, RecordKind.COUNTERPARTY, RecordKind.ALERT)


def rows_about(customer: Customer) -> list[int]:
    """The keys of the rows of the customer's source that are about them."""
    rows = QuarantinedRow.objects.filter(source=customer.source)
    own = rows.filter(
        Q(kind=RecordKind.CUSTOMER, external_id=customer.external_id)
        | Q(kind=RecordKind.ALERT, fields__customer=customer.external_id)
    )
    phrases = _phrases(_names(customer))
    doubtful = rows.filter(Q(external_id="") | Q(kind__in=NAMING_KINDS), raw_size__gt=0)
    naming = [row.pk for row in doubtful.iterator(chunk_size=200) if phrases and _mentions(row, phrases)]
    return sorted({*own.values_list("pk", flat=True), *naming})


def _names(customer: Customer) -> Iterator[str]:
    """Their id, and every name and number that any profile gives them."""
    yield customer.external_id
    for profile in CustomerProfile.objects.filter(customer=customer).values_list("profile", flat=True):
        yield str(profile.get("name", ""))
        yield from (each["name"] for each in profile.get("aliases", []))
        yield from (each["number"] for each in profile.get("identifiers", []))


def _phrases(texts: Iterable[str]) -> frozenset[str]:
    """Each text as words in their one form, those that are too short left out."""
    words = {_words(text) for text in texts}
    return frozenset(text for text in words if len(text.replace(" ", "")) >= MIN_LETTERS)


def _words(text: str) -> str:
    """The words of a text, each between blanks."""
    return f" {' '.join(NOT_WORD.split(plain_letters(text)))} "


def _mentions(row: QuarantinedRow, phrases: frozenset[str]) -> bool:
    raw = row.raw_bytes
    texts = (raw.decode("utf-8", "replace"), raw.decode("latin-1"), _unescaped(raw), _unescaped(row.fields))
    return any(phrase in words for words in map(_words, texts) for phrase in phrases)


def _unescaped(content: Any) -> str:
    """JSON as it is read; nothing where it is none."""
    try:
        value = json.loads(content) if isinstance(content, bytes) else content
    except (ValueError, RecursionError):
        return ""
    return json.dumps(value, ensure_ascii=False)
