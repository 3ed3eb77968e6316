"""The profile of a customer: which fields it has, what each may be, and which of them are personal.

One table for files, the API, forms, pages and erasure. A field that is added here is there; what was asserted before
simply has none (docs/decisions/0038).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from finobs.accounts.names import name_key

from ..choices import CustomerKind, QuarantineReason, RiskRating
from ..records.fields import (
    RecordField,
    country,
    currency,
    flag,
    iso_date,
    list_of,
    list_of_objects,
    money_text,
    one_of,
    plain_text,
    whole_number,
)
from ..row_faults import RowFault, quoted

MAX_COUNT_A_MONTH: Final = 1_000_000_000
NAME_TYPES: Final = ("alias", "birth_name", "former_name", "trading_name", "transliteration")
ADDRESS_TYPES: Final = ("residence", "registered", "business", "postal", "former")


def _script(value: Any, name: str) -> str | None:
    """A code of ISO 15924: Latn, Cyrl, Arab."""
    code = plain_text(40)(value, name)
    if code and not (len(code) == 4 and code.isascii() and code.isalpha()):
        raise RowFault(
            QuarantineReason.WORD, f"{name} is {quoted(code)}; it must be an ISO 15924 code, as Latn or Cyrl."
        )
    return code.title() if code else None


def _activity(expected: dict[str, Any], name: str) -> dict[str, Any]:
    """Amounts mean something in their currency only."""
    amounts = {
        part: money_text(expected[part], expected["currency"], f"{name}.{part}")
        for part in ("amount_in", "amount_out")
        if part in expected
    }
    return expected | amounts


NAME_PARTS: Final = (
    RecordField("name", "Name", plain_text(200), is_required=True),
    RecordField("type", "Type", one_of(NAME_TYPES)),
    RecordField("script", "Script", _script),
)
ADDRESS_PARTS: Final = (
    RecordField("line", "Street and number", plain_text(300), is_required=True),
    RecordField("city", "City", plain_text(100)),
    RecordField("postal_code", "Postal code", plain_text(20)),
    RecordField("country", "Country", country),
    RecordField("type", "Type", one_of(ADDRESS_TYPES)),
)
IDENTIFIER_PARTS: Final = (
    RecordField("type", "Type", plain_text(40), is_required=True),
    RecordField("number", "Number", plain_text(60), is_required=True),
    RecordField("country", "Country", country),
    RecordField("valid_until", "Valid until", iso_date, is_date=True),
)
ACTIVITY_PARTS: Final = (
    RecordField("currency", "Currency", currency, is_required=True),
    RecordField("amount_in", "In, a month", plain_text(64)),
    RecordField("amount_out", "Out, a month", plain_text(64)),
    RecordField("count", "Transactions a month", whole_number(MAX_COUNT_A_MONTH)),
    RecordField("countries", "Countries", list_of(country)),
    RecordField("methods", "Methods", list_of(plain_text(40))),
)
PROFILE_FIELDS: Final = (
    RecordField("name", "Name", plain_text(200), is_required=True),
    RecordField("name_script", "Script of the name", _script),
    RecordField("aliases", "Further names", list_of_objects(NAME_PARTS), is_list=True),
    RecordField("date_of_birth", "Date of birth", iso_date, is_date=True),
    RecordField("date_of_incorporation", "Date of incorporation", iso_date, is_date=True),
    RecordField("country_of_residence", "Country of residence", country),
    RecordField("country_of_incorporation", "Country of incorporation", country),
    RecordField("nationalities", "Nationalities", list_of(country), is_list=True),
    RecordField("addresses", "Addresses", list_of_objects(ADDRESS_PARTS), is_list=True),
    RecordField("identifiers", "Identifiers", list_of_objects(IDENTIFIER_PARTS), is_list=True),
    RecordField("segment", "Segment", plain_text(40)),
    RecordField("occupation", "Occupation", plain_text(40)),
    RecordField("industry", "Industry", plain_text(40)),
    RecordField("expected_activity", "Expected activity", list_of_objects(ACTIVITY_PARTS, _activity), is_list=True),
    RecordField("risk_rating", "Risk rating", one_of(RiskRating.values)),
    RecordField("risk_reason", "Reason of the rating", plain_text(500)),
    RecordField("risk_since", "Rated so since", iso_date, is_date=True),
    RecordField("is_pep", "Politically exposed", flag),
    RecordField("is_sanctioned", "Sanctioned", flag),
    RecordField("onboarded_on", "Onboarded on", iso_date, is_date=True),
    RecordField("exited_on", "Exited on", iso_date, is_date=True),
    RecordField("relationship_manager", "Relationship manager", plain_text(100)),
)
LABELS: Final = {each.name: each.label for each in PROFILE_FIELDS}
PROFILE_PART_LABELS: Final = {
    "aliases": {each.name: each.label for each in NAME_PARTS},
    "addresses": {each.name: each.label for each in ADDRESS_PARTS},
    "identifiers": {each.name: each.label for each in IDENTIFIER_PARTS},
    "expected_activity": {each.name: each.label for each in ACTIVITY_PARTS},
}
# Of a person and of an organisation only: given for the other, it is a slip that nobody would see.
ONLY_OF: Final = {
    "date_of_birth": CustomerKind.PERSON, "nationalities": CustomerKind.PERSON, "occupation": CustomerKind.PERSON,
    "date_of_incorporation": CustomerKind.ORGANISATION, "country_of_incorporation": CustomerKind.ORGANISATION,
}  # fmt: skip


def check_profile(kind: str, profile: Mapping[str, Any]) -> None:
    """Raise RowFault for what does not hang together in a profile whose fields hold each by themselves."""
    for name, only in ONLY_OF.items():
        if name in profile and kind != only:
            raise RowFault(
                QuarantineReason.WORD, f"{name} is said of {_article(kind)}; it is of {_article(only)} only."
            )
    begin, end = profile.get("onboarded_on"), profile.get("exited_on")
    if begin and end and end < begin:
        raise RowFault(QuarantineReason.DATE, f"exited_on is {end}, before onboarded_on, {begin}.")


def _article(kind: str) -> str:
    return "an organisation" if kind == CustomerKind.ORGANISATION else "a person"


def current_values(profile: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of Customer that lists read, from a profile."""
    return {
        "name": profile.get("name", ""),
        "name_key": name_key(profile.get("name", "")),
        "country": profile.get("country_of_residence") or profile.get("country_of_incorporation") or "",
        "segment": profile.get("segment", ""),
        "risk_rating": profile.get("risk_rating", ""),
        "is_pep": bool(profile.get("is_pep")),
        "is_sanctioned": bool(profile.get("is_sanctioned")),
        "onboarded_on": _date(profile.get("onboarded_on")),
        "exited_on": _date(profile.get("exited_on")),
    }


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


ERASED_VALUES: Final[dict[str, Any]] = current_values({})
CURRENT_FIELDS: Final = tuple(ERASED_VALUES)
