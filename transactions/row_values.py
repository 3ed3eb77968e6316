"""Single values of a row: text, ids and amounts, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from finobs.core import money
from finobs.core.errors import Invalid
from finobs.core.text import DeceptiveText, clean

from .amounts import NumberText
from .choices import QuarantineReason
from .identifiers import identifier, is_null_word
from .reference_data import CURRENCIES
from .row_faults import RowFault, missing, not_text, quoted

MAX_LENGTHS = {
    "external_id": 100, "account": 100, "counterparty": 100, "occurred_at": 40, "amount": 64, "currency": 3,
    "direction": 8, "channel": 32, "country": 2, "memo": 500,
    "method": 8, "counterparty_country": 2, "balance_after": 64,
    "originator_name": 140, "originator_account": 100, "originator_bank": 140, "originator_address": 350,
    "originator_country": 2,
    "beneficiary_name": 140, "beneficiary_account": 100, "beneficiary_bank": 140, "beneficiary_address": 350,
    "beneficiary_country": 2,
    "counterparty_name": 140, "counterparty_account": 100, "counterparty_bank": 140,
}  # fmt: skip
IDENTIFIERS = frozenset(
    {"external_id", "account", "counterparty", "originator_account", "beneficiary_account", "counterparty_account"}
)
COUNTRY_FIELDS = frozenset({"country", "counterparty_country", "originator_country", "beneficiary_country"})
# A data frame with gaps writes a column of truth values as 1.0 and 0.0.
BOOLEANS = {
    **dict.fromkeys(("1", "1.0", "true", "t", "yes", "y"), True),
    **dict.fromkeys(("0", "0.0", "false", "f", "no", "n"), False),
}


def text(fields: Mapping[str, Any], name: str, limit: int = 0) -> str:
    """The field as clean text in its one form; "" where there is none, or a word for that. Raises RowFault."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int):
            not_text(value, name)
        value = str(value)
    limit = limit or MAX_LENGTHS.get(name, 40)
    # Composed, a text has a third of its characters at the least.
    if len(value) <= limit or len(value.strip()) <= 3 * limit:
        try:
            value = clean(value, multiline=name == "memo")
        except DeceptiveText as error:
            raise RowFault(QuarantineReason.CHARACTERS, f"{name} {error}: {quoted(value)}.") from None
    # NA is the code of Namibia.
    if is_null_word(value) and not (name in COUNTRY_FIELDS and value.upper() == "NA"):
        return ""
    if len(value) > limit:
        length = len(value.strip())
        raise RowFault(
            QuarantineReason.TOO_LONG, f"{name} has {length:,} characters; {limit} is the most. {quoted(value)}"
        )
    return _identifier(value, fields[name], name) if name in IDENTIFIERS else value


def _identifier(value: str, original: Any, name: str) -> str:
    try:
        result = identifier(value)
    except ValueError as error:
        raise RowFault(QuarantineReason.TYPE, f"{name} is {quoted(value)}, which {error}.") from None
    if result and isinstance(original, NumberText):
        check_exact(original, name, int(result) if result.isdigit() else None)
    return result


def check_exact(number: NumberText, name: str, whole: int | None) -> None:
    """Refuse a number that its type may have cut; `whole` is None for one that has a fraction."""
    if number.max_exact and (whole is None or abs(whole) >= number.max_exact):
        raise RowFault(
            QuarantineReason.AMOUNT if name in ("amount", "balance_after") else QuarantineReason.TYPE,
            f"{name} is {quoted(str(number))} of a type that holds whole numbers below {number.max_exact:,} only: "
            "digits may be lost. Write it as text, or as a decimal, where the file comes from.",
        )


def amount(value: Any, currency: str) -> int:
    """Whole minor units, not negative: the direction says which way the money went. Raises RowFault."""
    places = CURRENCIES.get(currency)
    if places is None:
        raise RowFault(
            QuarantineReason.CURRENCY, f"currency is {quoted(currency)}, which is no ISO 4217 code finobs knows."
        )
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        not_text(value, "amount")
    number = value.strip()
    whole, _, part = number.partition(".")
    # The common case without Decimal. Seventeen digits of minor units are below money.MAX_MINOR.
    if (
        whole.isdigit()
        and len(number) + places < 18
        and len(part) <= places
        and (not part or part.isdigit())
        and number.isascii()
    ):
        minor = int(whole + part.ljust(places, "0"))
    else:
        minor = _unusual_amount(number, currency, is_typed=isinstance(value, NumberText))
    if isinstance(value, NumberText):
        check_exact(value, "amount", minor)
    return minor


def _unusual_amount(number: str, currency: str, *, is_typed: bool) -> int:
    if not number:
        missing("amount")
    if not money.DECIMAL.fullmatch(number[:65]) or len(number) > MAX_LENGTHS["amount"]:
        raise RowFault(QuarantineReason.AMOUNT, f"amount is {quoted(number)}, which is no decimal number.")
    try:
        # Of a typed number the mark is known.
        minor = money.to_minor(Decimal(number) if is_typed else number, currency)
    except Invalid as error:
        raise RowFault(QuarantineReason.AMOUNT, f"amount: {error.detail}") from None
    if minor < 0:
        raise RowFault(
            QuarantineReason.AMOUNT,
            f"amount is {quoted(number)}, below zero: write it positive and say which way the money went (direction in "
            "or out). For a file, the mapping says what the sign means.",
        )
    return minor
