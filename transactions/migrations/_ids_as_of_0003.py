"""Ids of rows as migration 0003 read them: a copy of what was in use then, which stays as it is.

The present forms are in `finobs.core.text`, `transactions.identifiers` and `transactions.row_values`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

_MAX_LENGTH: Final = 100
# Variation selectors; the last are those of ideographs.
_VARIATION: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Drawn as nothing, though letters, marks and symbols by their category: the rest of Default_Ignorable_Code_Point
# (DerivedCoreProperties of Unicode), the blank of braille, and a note without a head.
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U0001d159\U000e0000-\U000e0fff]"
)
# What databases, data frames and spreadsheets write where there is nothing, and the errors of spreadsheets.
_NULL_WORDS: Final = """
    null (null) <null> [null] nan -nan none <none> nat <na> na n/a n.a. #n/a #na nil undefined \\n - -- --- – — ?
    #null! #ref! #value! #name? #num! #div/0! #error! #getting_data 1.#ind -1.#ind 1.#qnan -1.#qnan
"""
_NULL: Final = frozenset(_NULL_WORDS.split())
# As a spreadsheet or a program writes a number of many digits: 1.23457E+14, 4.6e+12, 1.0E7, 2E15. A sign, a point or
# a single digit must be there: an id of hexadecimal digits such as 80347E301 is none.
_SCIENTIFIC: Final = re.compile(r"[+-]?(?:[0-9](?:[.,][0-9]*)?|[0-9]+[.,][0-9]*|[0-9]+(?=[eE][+-]))[eE][+-]?[0-9]{1,3}")
# A text cell of a spreadsheet, written so that its zeros stay: ="00042", or '00042 as it is typed.
_SPREADSHEET_TEXT: Final = re.compile(r"""="([^"]*)"|'([0-9]+)""")
# As a data frame with gaps writes a column of whole numbers. A double holds them up to 2**53.
_WHOLE: Final = re.compile(r"([0-9]+)\.0+")
_MAX_WHOLE: Final = 2**53
_SEPARATORS: Final = re.compile(r"[ -]")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
# Length of an IBAN by country (SWIFT's IBAN registry).
_IBAN_LENGTHS: Final[dict[str, int]] = {
    code: length
    for length, codes in {
        15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ DZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV", 29: "BR EG PS QA UA",
        30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for code in codes.split()
}  # fmt: skip


def external_id(value: Any) -> str:
    """The id in its one form; "" where it is none that a transaction could have."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value.strip()) > 3 * _MAX_LENGTH:
        return ""
    text = _clean(value)
    return "" if len(text) > _MAX_LENGTH else _identifier(text)


def _clean(text: str) -> str:
    """One line, composed, without blanks around it; "" where it holds what cannot be seen."""
    text = _VARIATION.sub("", text.strip())
    if any(_is_unseen(character) for character in text):
        return ""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _is_unseen(character: str) -> bool:
    if character.isprintable() and not _UNSEEN.match(character):
        return False
    category, number = unicodedata.category(character), ord(character)
    is_noncharacter = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF
    return category != "Zs" and (category != "Cn" or is_noncharacter or bool(_UNSEEN.match(character)))


def _identifier(text: str) -> str:
    if match := _SPREADSHEET_TEXT.fullmatch(text):
        text = (match[1] if match[1] is not None else match[2]).strip()
    if text.casefold() in _NULL or "\ufffd" in text or _SCIENTIFIC.fullmatch(text):
        return ""
    if match := _WHOLE.fullmatch(text):
        return match[1] if int(match[1]) <= _MAX_WHOLE else ""
    if not text[:2].isalpha():
        return text
    compact = _SEPARATORS.sub("", text).upper()
    return compact if _IBAN.fullmatch(compact) and _IBAN_LENGTHS.get(compact[:2]) == len(compact) else text
