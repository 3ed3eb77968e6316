"""Ids as feeds and spreadsheets write them: one account stays one account, and two stay two.

Pure functions from text to text; they raise ValueError in words that continue the name of a field.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from finobs.core.text import clean

# What databases, data frames and spreadsheets write where there is nothing, and the errors of spreadsheets.
_NULL_WORDS: Final = """
    null (null) <null> <null/> [null] {null} dbnull nan -nan nan(ind) -nan(ind) none none. (none) <none> nat <na> na n/a
    n/a. n.a n.a. #n/a #na #nv nil undefined notprovided (blank) (empty) \\n - -- --- – — − ‐ ‑ ∅ ?
    #null! #ref! #value! #name? #num! #div/0! #error! #getting_data 1.#ind -1.#ind 1.#qnan -1.#qnan
"""
NULL_WORDS: Final = frozenset(_NULL_WORDS.split()) | {"n / a", "#n/a n/a", "not provided"}
# An error of a spreadsheet in whatever language (#WERT!, #N/D), and a number for which its column is too narrow.
_SPREADSHEET_ERROR: Final = re.compile(r"#[¡¿]?[^\W\d_]+(?:/[^\W_]+)?[!?]|#[^\W\d_]{1,3}/[^\W\d_]{1,3}|#{3,}")
_MAX_ERROR_LENGTH: Final = 40
# As a spreadsheet or a program writes a number of many digits: 1.23457E+14, 4.6e+12, 1.0E7, 2E15. A sign, a point or
# a single digit must be there: an id of hexadecimal digits such as 80347E301 is none. With a point or a sign there may
# be blanks, as columns of a fixed width have them, and the D of Fortran.
_SCIENTIFIC: Final = re.compile(
    r"[+-]?(?:[0-9]|[0-9]+(?=[eE][+-]))[eE][+-]?[0-9]{1,3}"
    r"|[+-]?(?:[0-9]+[.,][0-9]*|[.,][0-9]+) ?[eEdD] ?[+\-\u2212]? ?[0-9]{1,8}"
    r"|[+-]?[0-9]+ ?(?:[eE] ?[+\-\u2212]|[dD] ?\+) ?[0-9]{1,8}"
)
# A text cell of a spreadsheet, written so that its zeros stay: ="00042", =T("00042"), or '00042 as it is typed.
_SPREADSHEET_TEXT: Final = re.compile(r"""="([^"]*)"|=[tT]\("([^"]*)"\)|'([^']+)""")
# As a data frame with gaps writes a column of whole numbers. A double holds each below 2**53.
_WHOLE: Final = re.compile(r"([0-9]+)\.0+")
_MAX_WHOLE: Final = 2**53
_SEPARATORS: Final = re.compile("[ ./_:\u2010-\u2015\u2212-]")
_IBAN_PREFIX: Final = re.compile(r"IBAN[ :.]*", re.IGNORECASE)
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
# Length of an IBAN by country (SWIFT's IBAN registry).
IBAN_LENGTHS: Final[dict[str, int]] = {
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


MIN_IBAN_LENGTH: Final = min(IBAN_LENGTHS.values())
_MAX_NULL_WORD_LENGTH: Final = max(map(len, NULL_WORDS))


def is_null_word(text: str) -> bool:
    """Whether the text says that there is nothing."""
    if (
        text[:1] == "#"
        and len(text) <= _MAX_ERROR_LENGTH
        and _SPREADSHEET_ERROR.fullmatch(text)
        and text == text.upper()
    ):
        return True
    return len(text) <= _MAX_NULL_WORD_LENGTH and text.casefold() in NULL_WORDS


def is_nothing(value: Any) -> bool:
    """Whether a field says that there is nothing: it is empty, blank, or a word for that."""
    if isinstance(value, str):
        return not (word := value.strip()) or is_null_word(word)
    return value is None


def identifier(text: str) -> str:
    """An id in its one form; `text` is clean (`finobs.core.text`). "" where it says that there is none.

    A text cell of a spreadsheet is what it holds, 123.0 is 123, and an IBAN is written without blanks, in capitals.
    Raises ValueError for one that has lost characters, or digits by scientific notation: others look the same.
    """
    # Nearly every id, at a tenth of the time: what begins with a letter and ends with a digit is none of the below.
    if (
        text.isascii()
        and len(text) < MIN_IBAN_LENGTH
        and (text.isdigit() or (text[:1].isalpha() and text[-1:].isdigit()))
    ):
        return text
    if text[:1] in ("=", "'") and (match := _SPREADSHEET_TEXT.fullmatch(text)):
        text = next(each for each in match.groups() if each is not None).strip()
    if is_null_word(text):
        return ""
    if "\ufffd" in text:
        raise ValueError("holds U+FFFD, which stands for a character that was lost")
    if _SCIENTIFIC.fullmatch(text if text.isascii() else unicodedata.normalize("NFKC", text)):
        raise ValueError("is in scientific notation: its digits are lost. Write ids as text where the file comes from")
    if match := _WHOLE.fullmatch(text):
        if int(match[1]) >= _MAX_WHOLE:
            raise ValueError("has more digits than a number with a fraction holds. Write ids as text")
        return match[1]
    return _iban(text) or text


def writings(text: str) -> set[str]:
    """The ids that a person may mean who writes `text`: as it stands, and in its one form."""
    try:
        return {text, identifier(clean(text))} - {""}
    except ValueError:
        return {text}


def _iban(text: str) -> str:
    """`text` as an IBAN; "" where it is none. Its check digits are not asked: a wrong one is one account too."""
    if len(text) < MIN_IBAN_LENGTH or not text[:2].isalpha():
        return ""
    # Letters of full width are the same letters; those that only fold into others (ß, ſ) are none of an IBAN.
    plain = "".join(unicodedata.normalize("NFKC", each) if "\uff01" <= each <= "\uff5e" else each for each in text)
    compact = _SEPARATORS.sub("", _IBAN_PREFIX.sub("", plain, count=1) if plain[:4].upper() == "IBAN" else plain)
    compact = compact.upper() if compact.isascii() else ""
    return compact if _IBAN.fullmatch(compact) and IBAN_LENGTHS.get(compact[:2]) == len(compact) else ""
