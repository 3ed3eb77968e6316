"""A profile as people read it: labels, and each value in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from finobs.core import money

from ..choices import RiskRating
from ..models import AccountParty, PartyRelation
from ..reference_data import country_name, script_name
from .profile import LABELS, PROFILE_FIELDS


def tie_in_words(tie: AccountParty | PartyRelation) -> str:
    """What a tie says, without its days."""
    if isinstance(tie, AccountParty):
        return f"{tie.get_role_display()} of account {tie.account}"
    return f"{tie.get_kind_display()}: {tie.customer.name} and {tie.other.name}"


class ProfileLine(NamedTuple):
    """label, and what there is of it: one text, or one for each member of a list."""

    label: str
    texts: list[str]


def profile_lines(profile: Mapping[str, Any]) -> list[ProfileLine]:
    """What is there of a profile, in the order of its fields."""
    return [ProfileLine(label, in_words(name, profile[name])) for name, label in LABELS.items() if name in profile]


def change_lines(changes: list[tuple[str, Any, Any]]) -> list[tuple[str, str, str]]:
    """Each field that an assertion changed: label, before, after."""
    order = list(LABELS)
    ordered = sorted(changes, key=lambda each: order.index(each[0]) if each[0] in LABELS else len(order))
    return [
        (LABELS.get(name, name), "; ".join(in_words(name, before)), "; ".join(in_words(name, after)))
        for name, before, after in ordered
    ]


def in_words(name: str, value: Any) -> list[str]:
    """A value as texts; none for nothing.

    >>> in_words("expected_activity", [{"currency": "USD", "amount_in": "1900.00", "count": 30, "countries": ["US"]}])
    ['$1,900.00 in a month, 30 transactions a month, United States']
    """
    if value is None:
        return []
    write = _WRITERS.get(name, _plain)
    return [write(each) for each in (value if isinstance(value, list) else [value])]


def _plain(value: Any) -> str:
    return ("Yes" if value else "No") if isinstance(value, bool) else str(value)


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%-d %b %Y}"


def _code(text: str) -> str:
    """A code that a source chose: "trading_name" as "trading name"."""
    return text.replace("_", " ")


def _risk(value: str) -> str:
    return str(dict(RiskRating.choices).get(value, value))


def _name(value: Mapping[str, Any]) -> str:
    more = [_code(value.get("type") or ""), f"{script_name(value['script'])} script" if value.get("script") else ""]
    return _with(value["name"], more)


def _address(value: Mapping[str, Any]) -> str:
    places = [value["line"], value.get("postal_code"), value.get("city"), country_name(value.get("country") or "")]
    return _with(", ".join(filter(None, places)), [_code(value.get("type") or "")])


def _identifier(value: Mapping[str, Any]) -> str:
    until = f"valid until {_day(value['valid_until'])}" if value.get("valid_until") else ""
    parts = [f"{_code(value['type'])} {value.get('number') or ''}".strip(), country_name(value.get("country") or "")]
    text = ", ".join(filter(None, [*parts, until]))
    return f"{text[:1].upper()}{text[1:]}"


def _activity(value: Mapping[str, Any]) -> str:
    currency = value["currency"]
    flows = ((value.get("amount_in"), "in"), (value.get("amount_out"), "out"))
    parts = [
        f"{money.display(money.to_minor(amount, currency), currency)} {way} a month"
        for amount, way in flows if amount is not None
    ]  # fmt: skip
    if value.get("count") is not None:
        parts.append(f"{value['count']:,} transactions a month")
    if countries := value.get("countries"):
        parts.append(", ".join(map(country_name, countries)))
    if methods := value.get("methods"):
        parts.append(f"by {', '.join(map(_code, methods))}")
    return ", ".join(parts) or currency


def _with(text: str, more: list[str]) -> str:
    """What is said of it in brackets, where there is any."""
    details = ", ".join(filter(None, more))
    return f"{text} ({details})" if details else text


_WRITERS: Final[Mapping[str, Callable[[Any], str]]] = {
    **{field.name: _day for field in PROFILE_FIELDS if field.is_date},
    "name_script": script_name, "risk_rating": _risk, "aliases": _name, "addresses": _address,
    "identifiers": _identifier, "expected_activity": _activity, "nationalities": country_name,
    "country_of_residence": country_name, "country_of_incorporation": country_name,
}  # fmt: skip
