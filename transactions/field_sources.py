"""Where one field of a row comes from, and how the value of its column is read."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from finobs.core.text import DeceptiveText, clean

from .amounts import DECIMAL_MARKS, MAX_CURRENCY_SIGN_LENGTH, SIGN_MEANINGS, AmountNotation
from .attributes import ATTRIBUTE_NAME, ATTRIBUTE_PREFIX
from .choices import Direction, QuarantineReason
from .date_formats import date_reader
from .identifiers import is_nothing, is_null_word
from .row_faults import RowFault, quoted
from .row_validation import DIRECTIONS, ROW_FIELDS

# Two columns of amounts: what went out of the account, and what came in.
AMOUNT_COLUMNS: Final = {"amount_out": "out", "amount_in": "in"}
DATE_FIELDS: Final = ("occurred_at", "label_known_at")
# A truth value is a whole number to Python, and may be a label.
_SCALARS: Final = (str, int, float)
_KEYS: Final = frozenset({"column", "columns", "separator", "ordinal", "value", "words"})
_DATE_KEYS: Final = frozenset({"format", "plus_days"})
_AMOUNT_KEYS: Final = frozenset({"sign", "decimal_mark", "currency_sign"})
_NUMBER_KEYS: Final = frozenset({"decimal_mark", "currency_sign"})


@dataclass(frozen=True, slots=True)
class FieldSource:
    """A column, several put together, or a value that is the same for every row.

    words: what a word of the column means; compared without the blanks around it, and without regard to case where no
    word is written just so.
    date_format: of `date_formats`, where it is said; plus_days: added to the date.
    notation: how a column of amounts writes them; None for any other field.
    columns: put together with `separator` between them. ordinal: with the number of the row among those of the file
    that are equal so far, so that two equal rows are two and a second import knows both.
    number: how a column writes numbers that are no amounts, where it is said. Their sign is a part of them.
    """

    column: str = ""
    value: str = ""
    plus_days: int = 0
    words: dict[str, str] = field(default_factory=dict)
    date_format: str = ""
    notation: AmountNotation | None = None
    columns: tuple[str, ...] = ()
    separator: str = " "
    ordinal: bool = False
    number: AmountNotation | None = None

    @property
    def used_columns(self) -> tuple[str, ...]:
        return (self.column,) if self.column else self.columns

    @property
    def is_plain(self) -> bool:
        return bool(self.column) and not (
            self.plus_days or self.words or self.date_format or self.notation or self.number
        )

    def apply(self, value: Any, name: str = "date") -> Any:
        """The field's value for a column's value; of an amount, see `amount`.

        Raises RowFault for what is not written as the mapping says. Other values are left for the validator to refuse.
        """
        if self.words:
            return self._meaning("" if value is None else str(value).strip(), value)
        if self.number is not None and isinstance(value, str) and not is_nothing(value):
            return self._signed(self.number, value, name)
        if (self.date_format or self.plus_days) and not is_nothing(value):
            return self._moment(value, name)
        return value

    def amount(self, value: Any, name: str) -> tuple[str, str]:
        """(decimal text without a sign, direction by its sign or ""). Raises RowFault."""
        if is_nothing(value):
            return "", ""
        assert self.notation is not None
        try:
            return self.notation.read(value if isinstance(value, str) else str(value))
        except ValueError as error:
            raise RowFault(QuarantineReason.AMOUNT, f"{name} is {quoted(value)}, {error}.") from None

    def _signed(self, notation: AmountNotation, value: str, name: str) -> str:
        try:
            number, direction = notation.read(value)
        except ValueError as error:
            reason = QuarantineReason.ATTRIBUTE if name.startswith(ATTRIBUTE_PREFIX) else QuarantineReason.AMOUNT
            raise RowFault(reason, f"{name} is {quoted(value)}, {error}.") from None
        return f"-{number}" if direction == Direction.OUT else number

    def _meaning(self, word: str, value: Any) -> Any:
        # As it is written first: "-" is a word for nothing, unless the mapping says what it means.
        if word not in self.words and is_null_word(word):
            word = ""
        if word in self.words:
            return self.words[word]
        folded = word.casefold()
        return next((meaning for each, meaning in self.words.items() if each.casefold() == folded), value)

    def _moment(self, value: Any, name: str) -> Any:
        try:
            moment = value if isinstance(value, datetime) else date_reader(self.date_format or "iso")(value.strip())
        except ValueError as error:
            raise RowFault(QuarantineReason.DATE, f"{name} is {quoted(value)}{error}") from None
        except AttributeError:
            return value
        try:
            return moment + timedelta(days=self.plus_days)
        except OverflowError:
            raise RowFault(QuarantineReason.DATE, f"{name} is {quoted(value)}, outside any calendar.") from None


def field_source(
    name: str, document: Any, *, dates: Collection[str] = DATE_FIELDS, is_known: bool = False
) -> FieldSource:
    """The source of a field as a mapping says it. Raises ValueError in words.

    dates: fields that are days or moments. is_known: the caller has looked whether there is such a field.
    """
    if not is_known and not _is_field(name):
        raise ValueError(f"finobs knows no field named {name}.")
    if isinstance(document, str) and document:
        document = {"column": document}
    keys = _options(name, dates)
    if not isinstance(document, dict) or sum(key in document for key in ("column", "columns", "value")) != 1:
        raise ValueError(f"{name} needs a column's name, or an object with column, columns or value.")
    if unknown := document.keys() - keys:
        raise ValueError(f"{name} has no option {', '.join(sorted(map(str, unknown)))}; it knows {_list(keys)}.")
    words, days = document.get("words", {}), document.get("plus_days", 0)
    if not isinstance(words, dict) or isinstance(days, bool) or not isinstance(days, int):
        raise ValueError(f"{name}: words is an object, plus_days a whole number.")
    if "value" in document:
        return _constant(name, document)
    column = document.get("column", "")
    if not isinstance(column, str) or ("column" in document and not column.strip()):
        raise ValueError(f"{name}: column is a column's name.")
    return FieldSource(
        column, "", days,
        _words(name, words), _date_format(name, document.get("format", "")),
        _notation(name, document) if _is_amount(name) else None, **_composition(name, document),
        number=_number(name, document),
    )  # fmt: skip


def is_attribute(name: str) -> bool:
    """Whether a field of a row is one of the attributes that its source declares."""
    return name.startswith(ATTRIBUTE_PREFIX) and bool(ATTRIBUTE_NAME.fullmatch(name.removeprefix(ATTRIBUTE_PREFIX)))


def _is_field(name: str) -> bool:
    return (name in ROW_FIELDS and name != "attributes") or name in AMOUNT_COLUMNS or is_attribute(name)


def _options(name: str, dates: Collection[str]) -> frozenset[str]:
    if is_attribute(name):
        return _KEYS | _NUMBER_KEYS | {"format"}
    if name == "balance_after":
        return _KEYS | _NUMBER_KEYS
    return _KEYS | (_DATE_KEYS if name in dates else frozenset()) | (_AMOUNT_KEYS if _is_amount(name) else frozenset())


def _number(name: str, document: dict[str, Any]) -> AmountNotation | None:
    """How a balance or a number of an attribute is written; below zero it has the sign that numbers have."""
    if _is_amount(name) or not _NUMBER_KEYS & document.keys():
        return None
    return _notation(name, document | {"sign": "negative is out"})


def _constant(name: str, document: dict[str, Any]) -> FieldSource:
    """A value that is the same for every row, and is taken as it stands. Raises ValueError."""
    if name in AMOUNT_COLUMNS:
        raise ValueError(f"{name} comes from a column.")
    if rest := document.keys() - {"value"}:
        raise ValueError(f"{name}: a value is taken as it stands; {_list(rest)} is for a column.")
    value = document["value"]
    if not isinstance(value, _SCALARS):
        raise ValueError(f"{name}: value is text or a number.")
    if name == "direction" and (is_nothing(value) or str(value).strip().lower() not in DIRECTIONS):
        raise ValueError(f"{name}: value is “in” or “out”.")
    return FieldSource(value=str(value))


def _words(name: str, words: dict[str, Any]) -> dict[str, str]:
    """Raises ValueError for words that read alike and mean two things: a reader could not tell which holds."""
    meanings: dict[str, str] = {}
    for word, meaning in words.items():
        if not isinstance(meaning, _SCALARS):
            raise ValueError(f"{name}: the meaning of the word {word.strip()} is text or a number.")
        if meanings.setdefault(_alike(word), str(meaning)) != str(meaning):
            raise ValueError(f"{name}: the word {word.strip()} stands twice and means two things.")
    return {word.strip(): str(meaning) for word, meaning in words.items()}


def _alike(word: str) -> str:
    """What two words have in common that look the same, but for their case."""
    return " ".join(unicodedata.normalize("NFKC", word).split()).casefold()


def _composition(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """What a field that is put together of several columns needs. Raises ValueError."""
    if "columns" not in document:
        if "separator" in document or "ordinal" in document:
            raise ValueError(f"{name}: separator and ordinal belong to columns.")
        return {}
    columns, separator, ordinal = document["columns"], document.get("separator", " "), document.get("ordinal", False)
    if _is_amount(name):
        raise ValueError(f"{name} comes from one column.")
    if not isinstance(columns, list) or not columns or not all(isinstance(each, str) and each for each in columns):
        raise ValueError(f"{name}: columns is a list of columns' names.")
    if not isinstance(separator, str) or not isinstance(ordinal, bool):
        raise ValueError(f"{name}: separator is text, ordinal true or false.")
    try:
        # Between texts: at an end a tab is a blank that goes.
        clean(f"a{separator}b", multiline=name == "memo")
    except DeceptiveText as error:
        raise ValueError(f"{name}: separator {error}.") from None
    if ordinal and name != "external_id":
        raise ValueError(f"{name}: only external_id may have an ordinal.")
    return {"columns": tuple(columns), "separator": separator, "ordinal": ordinal}


def _is_amount(name: str) -> bool:
    return name == "amount" or name in AMOUNT_COLUMNS


def _date_format(name: str, text: Any) -> str:
    if text == "":
        return ""
    if not isinstance(text, str):
        raise ValueError(f"{name}: format is text, as %d.%m.%Y.")
    try:
        date_reader(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}.") from None
    return text


def _notation(name: str, document: dict[str, Any]) -> AmountNotation:
    mark, sign = document.get("decimal_mark", ""), document.get("sign", "")
    if mark not in ("", *DECIMAL_MARKS):
        raise ValueError(f"{name}: decimal_mark is “.” or “,”.")
    if sign not in ("", *SIGN_MEANINGS):
        raise ValueError(f"{name}: sign is {' or '.join(f'“{each}”' for each in SIGN_MEANINGS)}.")
    currency_sign = document.get("currency_sign", "")
    try:
        currency_sign = clean(currency_sign) if isinstance(currency_sign, str) else None
    except DeceptiveText:
        currency_sign = None
    if (
        currency_sign is None
        or len(currency_sign) > MAX_CURRENCY_SIGN_LENGTH
        or set(currency_sign) & set("0123456789.,-+()")
    ):
        raise ValueError(f"{name}: currency_sign is what stands beside the number, as “€” or “EUR”.")
    return AmountNotation(mark, currency_sign, sign)


def _list(keys: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(keys))
