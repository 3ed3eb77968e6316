"""The fields of records: what each may be, and how its value is read. Pure functions that raise RowFault.

A value comes as text (of a file), or as JSON has it (of the API). What is read is what JSON can hold, so that it may
be stored and digested as it is: text, true or false, a whole number, an ISO date, or a list; None where there is none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final

from finobs.core import money
from finobs.core.classification import PERSONAL, Classification
from finobs.core.strict_json import parse_json

from ..choices import QuarantineReason
from ..date_formats import iso_moment
from ..identifiers import identifier, is_nothing
from ..reference_data import COUNTRIES, CURRENCIES, country_hint
from ..row_faults import RowFault, missing, not_text, quoted
from ..row_validation import BOOLEANS
from ..row_values import amount, text

# Raises RowFault; the second argument is how the field is called in what it says.
ValueReader = Callable[[Any, str], Any]
ObjectCheck = Callable[[dict[str, Any], str], dict[str, Any]]
MAX_LIST_LENGTH: Final = 50
MAX_LIST_TEXT: Final = 10_000
MIN_DATE: Final = date(1583, 1, 1)
# Between the members of a list in one cell, where it is no JSON.
LIST_SEPARATOR: Final = "|"


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of a record. classification: personal unless said otherwise."""

    name: str
    label: str
    read: ValueReader
    is_required: bool = False
    classification: Classification = PERSONAL
    is_date: bool = False
    is_list: bool = False


def plain_text(max_length: int) -> ValueReader:
    """Clean text of at most so many characters."""
    return lambda value, name: text({name: value}, name, max_length) or None


def external_id(value: Any, name: str) -> str | None:
    """An id at the source in its one form."""
    result = text({name: value}, name, 100)
    try:
        return identifier(result) or None
    except ValueError as error:
        raise RowFault(QuarantineReason.TYPE, f"{name} is {quoted(value)}, which {error}.") from None


def one_of(choices: Collection[str] | Callable[[], Collection[str]]) -> ValueReader:
    """One of these words, in any case. Those that people may change are asked for with each value."""

    def read(value: Any, name: str) -> str | None:
        if is_nothing(value):
            return None
        options = choices() if callable(choices) else choices
        words = {word.lower(): word for word in options}
        word = words.get(str(value).strip().lower().replace(" ", "_"))
        if word is None:
            raise RowFault(QuarantineReason.WORD, f"{name} is {quoted(value)}; it must be {_either(options)}.")
        return word

    return read


def flag(value: Any, name: str) -> bool | None:
    """True or false, in the words that files have for it."""
    if isinstance(value, bool) or is_nothing(value):
        return None if is_nothing(value) else bool(value)
    truth = BOOLEANS.get(str(value).strip().lower())
    if truth is None:
        raise RowFault(QuarantineReason.WORD, f"{name} is {quoted(value)}; it must be true or false.")
    return truth


def iso_date(value: Any, name: str) -> str | None:
    """A day of the calendar; a time of day beside it is left out."""
    if is_nothing(value):
        return None
    if isinstance(value, datetime):
        day = value.date()
    else:
        if not isinstance(value, str):
            not_text(value, name)
        day = _day(value.strip(), name)
    if day < MIN_DATE:
        raise RowFault(QuarantineReason.DATE, f"{name} is {quoted(value)}, before the calendar began.")
    return day.isoformat()


def _day(value: str, name: str) -> date:
    try:
        return date.fromisoformat(value) if len(value) == 10 else iso_moment(value).date()
    except ValueError:
        raise RowFault(
            QuarantineReason.DATE,
            f"{name} is {quoted(value)}, which is no day of the calendar; write it as 2026-03-31.",
        ) from None


def country(value: Any, name: str) -> str | None:
    """A code of ISO 3166-1."""
    # Under this name NA is the code of Namibia.
    code = text({"country": value}, "country", 80)
    return _country(code, name) if code else None


@cache
def _country(code: str, name: str) -> str:
    upper = code.upper() if code.isascii() else code
    if upper not in COUNTRIES:
        hint = (other := country_hint(code)) and f"; write {other}"
        raise RowFault(
            QuarantineReason.COUNTRY, f"{name} is {quoted(code)}, which is no ISO 3166-1 code of two letters{hint}."
        )
    return upper


def currency(value: Any, name: str) -> str | None:
    """A code of ISO 4217."""
    code = text({name: value}, name, 40).upper()
    if code and code not in CURRENCIES:
        raise RowFault(QuarantineReason.CURRENCY, f"{name} is {quoted(code)}, which is no ISO 4217 code finobs knows.")
    return code or None


def whole_number(most: int) -> ValueReader:
    """A whole number, 0 to `most`."""

    def read(value: Any, name: str) -> int | None:
        if is_nothing(value):
            return None
        word = str(value).strip()
        if isinstance(value, bool) or not (word.isascii() and word.isdecimal()) or int(word[:20]) > most:
            raise RowFault(
                QuarantineReason.TYPE, f"{name} is {quoted(value)}; it must be a whole number, 0 to {most:,}."
            )
        return int(word)

    return read


def share(value: Any, name: str) -> int | None:
    """Basis points of a share that is written in per cent, with at most two decimals: 12.5 is 1250."""
    if is_nothing(value):
        return None
    try:
        points = Decimal(str(value).strip().removesuffix("%").strip()) * 100
        whole = int(points) if points.is_finite() and not isinstance(value, bool) else None
    except (InvalidOperation, OverflowError):
        whole = None
    if whole is None or whole != points or not 0 <= whole <= 10_000:
        raise RowFault(
            QuarantineReason.AMOUNT,
            f"{name} is {quoted(value)}; it must be 0 to 100 per cent, with at most two decimals.",
        )
    return whole


def list_of(read: ValueReader, *, in_order: bool = False, most: int = MAX_LIST_LENGTH) -> ValueReader:
    """Several values, `most` at the most: a list, JSON text of one, or text with | between them.

    Each once, and without order; in_order: as they came.
    """

    def read_list(value: Any, name: str) -> list[Any] | None:
        members = [read(each, name) for each in _members(value, name, most)]
        some = [each for each in members if each is not None]
        return (some if in_order else sorted(set(some))) or None

    return read_list


def list_of_objects(fields: Sequence[RecordField], check: ObjectCheck | None = None) -> ValueReader:
    """Several objects of these fields: a list, or JSON text of one. check: of each, where its parts hang together."""
    by_name = {each.name: each for each in fields}

    def read_list(value: Any, name: str) -> list[dict[str, Any]] | None:
        objects = [_object(each, by_name, name) for each in _members(value, name)]
        return [check(each, name) if check else each for each in objects] or None

    return read_list


def _object(value: Any, fields: Mapping[str, RecordField], name: str) -> dict[str, Any]:
    if isinstance(value, str) and len(required := [each.name for each in fields.values() if each.is_required]) == 1:
        # "Anna|Anne": where one part says all, the word alone will do.
        value = {required[0]: value}
    if not isinstance(value, dict):
        raise RowFault(QuarantineReason.TYPE, f"{name}: {quoted(value)} must be an object of {', '.join(fields)}.")
    if unknown := [each for each in value if each not in fields]:
        raise RowFault(
            QuarantineReason.UNKNOWN_FIELD, f"{name} has no part named {', '.join(map(quoted, unknown[:5]))}."
        )
    return read_fields(fields.values(), value, f"{name}.")


def read_fields(fields: Collection[RecordField], values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """What is there of these fields, by name. Raises RowFault for the first that does not hold."""
    result: dict[str, Any] = {}
    for each in fields:
        value = values.get(each.name)
        read = None if value is None or value == "" else each.read(value, prefix + each.name)
        if read is not None:
            result[each.name] = read
        elif each.is_required:
            missing(prefix + each.name, value)
    return result


def _members(value: Any, name: str, most: int = MAX_LIST_LENGTH) -> list[Any]:
    if is_nothing(value):
        return []
    if isinstance(value, str):
        value = _json(value, name) if value.lstrip()[:1] in "[{" else value.split(LIST_SEPARATOR)
    members = value if isinstance(value, list) else [value]
    if len(members) > most:
        raise RowFault(QuarantineReason.TOO_LONG, f"{name} has {len(members):,} members; {most:,} is the most.")
    return members


def _json(value: str, name: str) -> Any:
    if len(value) > MAX_LIST_TEXT:
        raise RowFault(
            QuarantineReason.TOO_LONG, f"{name} has {len(value):,} characters; {MAX_LIST_TEXT:,} is the most."
        )
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise RowFault(QuarantineReason.TYPE, f"{name} is no valid JSON: {error}. {quoted(value)}") from None


def decimal_number(value: Any, name: str) -> str | None:
    """A decimal number, as the shortest text of the double nearest to it."""
    if is_nothing(value):
        return None
    word = value.strip() if isinstance(value, str) else str(value)
    number = float(word) if money.DECIMAL.fullmatch(word[:65]) and not isinstance(value, bool) else math.inf
    if len(word) > 64 or not math.isfinite(number):
        raise RowFault(QuarantineReason.TYPE, f"{name} is {quoted(value)}, which is no decimal number.")
    return repr(number)


def json_object(most: int) -> ValueReader:
    """Any JSON object, or JSON text of one, as canonical text of at most so many characters: keys in order, no blanks,
    ASCII."""

    def read(value: Any, name: str) -> str | None:
        if is_nothing(value):
            return None
        try:
            content = parse_json(value.encode()) if isinstance(value, str) else value
            canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        except (ValueError, TypeError, RecursionError) as error:
            raise RowFault(QuarantineReason.TYPE, f"{name} is no valid JSON: {error}. {quoted(value)}") from None
        if not isinstance(content, dict):
            raise RowFault(QuarantineReason.TYPE, f"{name} is {quoted(value)}; it must be a JSON object.")
        if len(canonical) > most:
            raise RowFault(
                QuarantineReason.TOO_LONG, f"{name} has {len(canonical):,} characters; {most:,} is the most."
            )
        return canonical

    return read


def money_text(value: Any, code: str, name: str) -> str:
    """An amount of the currency `code` as decimal text with all its places. Raises RowFault."""
    try:
        return str(money.to_decimal(amount(value, code), code))
    except RowFault as fault:
        raise RowFault(fault.reason, f"{name}: {fault.detail}") from None


def _either(words: Collection[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
