"""Text that people write into forms, bodies and services: in its one form (`core.text`), or refused by its field."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from django import forms

from .errors import Invalid
from .text import DeceptiveText, clean

# Vietnamese has two marks on a letter, Hebrew and Thai three; more are drawn over the lines above and below.
MAX_MARKS_ON_A_LETTER: Final = 4
TOO_MANY_MARKS: Final = "has more marks on one letter than any language"
# The shortest words of any language that say why have two.
MIN_DIFFERENT_LETTERS: Final = 2


def require_plain(*, multiline: Collection[str] = (), **texts: str) -> dict[str, str]:
    """The texts in their one form, each by the name of its field. Raises Invalid, beside each that deceives."""
    return _each(texts, lambda name, text: clean(text, multiline=name in multiline))


def require_names(**texts: str) -> dict[str, str]:
    """The same for names: what is not empty has a letter or a digit. An empty one is the caller's to refuse."""
    return _each(texts, lambda _name, text: _plain_name(clean(text)))


def has_letters(text: str) -> bool:
    """Whether `text` has letters as words have them: different ones, and no modifier letters, which are signs alone."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    # Not Lm: tatweel, primes and raised letters.
    letters = {each for each in folded if unicodedata.category(each) in ("Lu", "Ll", "Lt", "Lo")}
    return len(letters) >= MIN_DIFFERENT_LETTERS


def has_letters_or_digits(text: str) -> bool:
    return any(unicodedata.category(each) in ("Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No") for each in text)


def has_too_many_marks(text: str) -> bool:
    """Whether a letter of `text` has more marks than any language writes: they are drawn over other lines."""
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks > MAX_MARKS_ON_A_LETTER:
            return True
    return False


def visible_length(text: str) -> int:
    """How many characters of a clean text are drawn by themselves: no blanks, no marks upon others."""
    return sum(not character.isspace() and unicodedata.category(character)[0] != "M" for character in text)


def form_errors(form: forms.BaseForm) -> Iterator[tuple[str, str]]:
    """What a valid form holds that deceives, by field; what does not is put into its one form.

    Passwords stay as they are: they are compared and never shown. So does JSON, to its last blank.
    """
    for name, field in form.fields.items():
        # A field that was refused already is not among them, and must not come back as nothing.
        if name not in form.cleaned_data or not isinstance(field, forms.CharField):
            continue
        if isinstance(field.widget, forms.PasswordInput):
            continue
        try:
            form.cleaned_data[name] = _nested(
                form.cleaned_data[name], multiline=isinstance(field.widget, forms.Textarea)
            )
        except DeceptiveText as error:
            yield name, f"This {error}."


def plain_values(values: Mapping[str, Any], *, multiline: Collection[str], verbatim: Collection[str]) -> dict[str, Any]:
    """The fields of a body, their texts in their one form, `verbatim` ones and JSON as they are. Raises Invalid."""
    return _each(values, lambda name, value: value if name in verbatim else _nested(value, multiline=name in multiline))


def _each(values: Mapping[str, Any], read: Any) -> dict[str, Any]:
    results: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in values.items():
        try:
            results[name] = read(name, value)
        except DeceptiveText as error:
            errors[name] = [f"This {error}."]
    if errors:
        raise Invalid(fields=errors)
    return results


def _plain_name(text: str) -> str:
    if text and not has_letters_or_digits(text):
        raise DeceptiveText("has neither letters nor digits")
    if has_too_many_marks(text):
        raise DeceptiveText(TOO_MANY_MARKS)
    return text


def _nested(value: Any, *, multiline: bool) -> Any:
    """`value` with its texts in their one form; an object stays as it is. Raises DeceptiveText."""
    if isinstance(value, str):
        return clean(value, multiline=multiline)
    if isinstance(value, Mapping):
        # In JSON blanks are values ("separator": " "), and two keys of one form are two keys: nothing is rewritten.
        _require_seen(value)
        return value
    if isinstance(value, list):
        return [_nested(each, multiline=multiline) for each in value]
    return value


def _require_seen(value: Any) -> None:
    """Raise DeceptiveText for a key or a text of JSON, however deep, that holds what cannot be seen."""
    if isinstance(value, str):
        clean(value, multiline=True)
    elif isinstance(value, Mapping):
        for each in (*value.keys(), *value.values()):
            _require_seen(each)
    elif isinstance(value, list):
        for each in value:
            _require_seen(each)
