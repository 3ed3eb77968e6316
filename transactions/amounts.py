"""Amounts as statements write them: 1.234,50 €, (30.00), 12.50-, −5.00. What a mapping says of them decides.

Nothing is guessed from the values: while no decimal mark is said, 1.234 may be a thousand or a fraction, and so may
1,234; while no meaning of the sign is said, neither 12.50 nor -12.50 says which way the money went.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from finobs.core import money

from .choices import Direction

DECIMAL_MARKS: Final = (".", ",")
MAX_CURRENCY_SIGN_LENGTH: Final = 8
# With blanks around the number, as in columns of a fixed width.
MAX_AMOUNT_LENGTH: Final = 200
# The direction of an amount below zero, and of one above.
SIGN_MEANINGS: Final[dict[str, tuple[str, str]]] = {
    "negative is out": (Direction.OUT.value, Direction.IN.value),
    "negative is in": (Direction.IN.value, Direction.OUT.value),
}
# A hyphen, the minus of mathematics, and the dashes that typesetting makes of them.
_MINUS: Final = "-\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d"
_GROUP_MARKS: Final = frozenset("., '\u2019")
_THOUSANDS: Final = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_LAKHS: Final = re.compile(r"[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}")
_SIGN: Final = re.compile(f"[{_MINUS}(]")
# Of a number whose decimal mark is not said, or that has a currency's sign beside it: ($1,200.00), -€5, 1 200,00-.
_BEFORE: Final = r"(?:[^\W\d_]{1,4} )?\W{0,4}"
_AFTER: Final = r"\W{0,4}(?: ?[^\W\d_]{1,4})?"
_DIGITS: Final = "[0-9][0-9., ']*"
_BELOW_ZERO: Final = re.compile(
    rf"{_BEFORE}[{_MINUS}(]{_BEFORE}{_DIGITS}{_AFTER}|{_BEFORE}{_DIGITS}\W{{0,3}}[{_MINUS}]{_AFTER}"
)
_PLAIN: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,2})?")
_AMBIGUOUS: Final = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")


class NumberText(str):
    """The text of a typed number (of Parquet): its decimal mark is the point.

    max_exact: below it its type holds each whole number (2**53 of a double; that itself may be one more that was cut);
    0 where all are held.
    """

    max_exact: int = 0

    @classmethod
    def of(cls, text: str, max_exact: int) -> NumberText:
        number = cls(text)
        number.max_exact = max_exact
        return number


def is_below_zero(text: str) -> bool:
    """Whether a text is an amount below zero, however its sign is written, and be its number readable or not."""
    if len(text) > MAX_AMOUNT_LENGTH or not _SIGN.search(text):
        return False
    try:
        return AmountNotation(sign="negative is out").read(text)[1] == Direction.OUT
    except ValueError:
        return bool(_BELOW_ZERO.fullmatch(text.strip()))


def is_zero(number: str) -> bool:
    """Of a decimal text; zero may have an exponent."""
    return not number.strip("0.") or not Decimal(number)


@dataclass(frozen=True, slots=True)
class AmountNotation:
    """How a column writes amounts.

    decimal_mark: "." or ","; "" where none is said. Said, digits may be grouped by any other mark.
    currency_sign: what stands before or after the number, such as "€" or "EUR".
    sign: a key of SIGN_MEANINGS, or "" where amounts have no sign.
    """

    decimal_mark: str = ""
    currency_sign: str = ""
    sign: str = ""

    def read(self, value: str) -> tuple[str, str]:
        """(decimal text without a sign, direction by the sign or "").

        Nothing at all stays "". Zero has no direction. Raises ValueError, in words that continue the field's value.
        """
        if len(value) > MAX_AMOUNT_LENGTH:
            raise ValueError("which is too long for a number")
        # The common case: digits that can be read in one way, whatever mark the mapping says.
        if _PLAIN.fullmatch(value) and self.decimal_mark != ",":
            return value, SIGN_MEANINGS[self.sign][1] if self.sign and not is_zero(value) else ""
        is_negative, body = self._peel(" ".join(value.split()))
        if not body and not is_negative:
            return "", ""
        number = self._number(body, value)
        if isinstance(value, NumberText):
            number = NumberText.of(number, value.max_exact)
        if is_zero(number):
            return number, ""
        if self.sign:
            return number, SIGN_MEANINGS[self.sign][0 if is_negative else 1]
        if is_negative:
            raise ValueError("below zero, and the mapping does not say what that means: give the amount a “sign”")
        return number, ""

    def _peel(self, text: str) -> tuple[bool, str]:
        """Whether a number is below zero, and its digits: without parentheses, one sign and the currency's sign."""
        body, signs, has_currency = text, 0, not self.currency_sign
        is_negative = False
        while True:
            body = body.strip()
            if not has_currency and (body.startswith(self.currency_sign) or body.endswith(self.currency_sign)):
                body, has_currency = self._without_currency(body), True
            elif body[:1] == "(" and body[-1:] == ")" and len(body) > 2:
                body, signs, is_negative = body[1:-1], signs + 1, True
            elif body[:1] in _MINUS + "+" and len(body) > 1:
                body, signs, is_negative = body[1:], signs + 1, is_negative or body[0] != "+"
            elif body[-1:] in _MINUS + "+" and len(body) > 1:
                body, signs, is_negative = body[:-1], signs + 1, is_negative or body[-1] != "+"
            else:
                break
        if signs > 1:
            raise ValueError("which has more than one sign")
        return is_negative, body

    def _without_currency(self, body: str) -> str:
        if body.startswith(self.currency_sign):
            return body[len(self.currency_sign) :]
        return body[: -len(self.currency_sign)]

    def _number(self, body: str, value: str) -> str:
        mark = self.decimal_mark
        if isinstance(value, NumberText) or mark == ".":
            if money.DECIMAL.fullmatch(body):
                return body
        elif not mark:
            if _AMBIGUOUS.fullmatch(body):
                raise ValueError("which may be thousands or a fraction: say the “decimal_mark” in the mapping")
            if money.DECIMAL.fullmatch(body):
                return body
            raise ValueError(_why_not(body))
        whole, _, fraction = body.partition(mark)
        digits = _ungrouped(whole, mark)
        if digits is None or not ((fraction.isascii() and fraction.isdigit()) or not fraction) or not digits + fraction:
            raise ValueError(f"which is no number with “{mark}” as decimal mark")
        return f"{digits or 0}.{fraction}" if fraction else digits


def _ungrouped(whole: str, mark: str) -> str | None:
    """The digits before the decimal mark, without the marks between their groups; None where they are no digits.

    Groups have three digits; parted by commas they may have two, with three in the last, as lakhs are (1,23,45,678).
    Grouped digits never begin with 0: 0,500 is a fraction, or a date, or nothing that anybody can say.
    """
    if not whole or (whole.isascii() and whole.isdigit()):
        return whole
    separators = {each for each in whole if not ("0" <= each <= "9")}
    if len(separators) != 1 or not separators <= _GROUP_MARKS - {mark}:
        return None
    separator = separators.pop()
    groups = whole.split(separator)
    is_grouped = _THOUSANDS.fullmatch(",".join(groups)) or (separator == "," and _LAKHS.fullmatch(whole))
    return "".join(groups) if is_grouped else None


def _why_not(body: str) -> str:
    if re.fullmatch(r"[0-9][0-9.,' \u2019]*", body):
        return "whose digits are grouped: say the “decimal_mark” in the mapping"
    if re.search(r"[0-9]", body) and (sign := re.sub(r"[0-9.,' \u2019]+", "", body)):
        return f"which holds “{sign[:20]}”: if that is a currency's sign, say it as “currency_sign” in the mapping"
    return "which is no decimal number"
