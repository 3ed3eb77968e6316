"""E-mail addresses in the one form in which they are compared.

Databases fold case each in their own way (PostgreSQL makes an I of a dotless ı, SQLite folds ASCII only), so none of
them is asked to: the folded form is a column of its own, and look-up, uniqueness and throttle all use that text.
The domain is folded to the form in which DNS has it (IDNA): whoever owns the mailbox owns it under every spelling.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

import idna
from django import forms
from django.db import models
from rest_framework import serializers

from finobs.core.text import DeceptiveText, clean

MAX_ADDRESS_LENGTH: Final = 254
TOO_LONG_MESSAGE: Final = "This address is too long."
LOCAL_PART_MESSAGE: Final = (
    "Before the @ stand letters of ASCII, digits and signs, without quotes, blanks or a full stop at either end."
)
DOMAIN_MESSAGE: Final = "After the @ stands no domain that there can be."
# RFC 5322. A quoted local part is a second spelling of one that is not quoted.
DOT_ATOM: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def address_key(address: str) -> str:
    """`address` as it is compared: two addresses with one key are one address.

    >>> address_key(" Sue@EXAMPLE.test ") == address_key("\\u017fue@example.test")
    True
    """
    local, at, domain = _folded(address).rpartition("@")
    if not at:
        return domain
    if len(local) > 2 and local[0] == local[-1] == '"' and DOT_ATOM.fullmatch(local[1:-1]):
        local = local[1:-1]
    return f"{local}@{_domain_key(domain)}"


def _folded(text: str) -> str:
    # Folding can leave what composes anew, and composing what folds anew: twice is stable for all of Unicode (tested).
    for _ in range(2):
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()
    return text


def _domain_key(domain: str) -> str:
    """The folded `domain` with A-labels, without the dot of the root; as it is where it is none."""
    # NFKC makes U+FF61 of this one; to DNS all of them are dots.
    domain = domain.replace("\u3002", ".").removesuffix(".")
    try:
        # By way of its letters: what folds alike is alike, even where it came as A-label.
        letters = _folded(".".join(_letters_of(label) for label in domain.split(".")))
        return idna.encode(letters, uts46=True).decode()
    except UnicodeError:
        return domain


def _letters_of(label: str) -> str:
    return idna.decode(label) if label.startswith("xn--") else label


def why_not_address(address: str) -> str:
    """Why `address` cannot be one, in words; empty when nothing of that kind is wrong."""
    try:
        clean(address)
    except DeceptiveText as error:
        return f"The address {error}."
    local, at, domain = address_key(address).rpartition("@")
    if at and not DOT_ATOM.fullmatch(local):
        return LOCAL_PART_MESSAGE
    # What has no form in DNS stays as it was, and has none to be compared by; a number in brackets has several.
    if at and not _is_domain(domain):
        return DOMAIN_MESSAGE
    return TOO_LONG_MESSAGE if len(address_key(address)) > MAX_ADDRESS_LENGTH else ""


def _is_domain(domain: str) -> bool:
    try:
        return idna.encode(domain).decode() == domain
    except UnicodeError:
        return False


class AddressFormField(forms.EmailField):
    """An address in a page's form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_ADDRESS_LENGTH, **kwargs})

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if refusal := why_not_address(text):
            raise forms.ValidationError(refusal)
        return text


class AddressSerializerField(serializers.EmailField):
    """An address in a body of the API."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_ADDRESS_LENGTH, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        if isinstance(value, str) and (refusal := why_not_address(value)):
            raise serializers.ValidationError(refusal)
        return value


class AddressKeyField(models.CharField):  # type: ignore[type-arg]
    """The key of the row's `email`, written whenever the row is: no way of saving leaves it behind."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_ADDRESS_LENGTH, "editable": False, "blank": True, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = address_key(model_instance.email)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key
