"""E-mail addresses in the one form in which they are compared.

Databases fold case each in their own way (PostgreSQL makes an I of a dotless ı, SQLite folds ASCII only), so none of
them is asked to: the folded form is a column of its own, and look-up, uniqueness and throttle all use that text.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from django import forms
from django.db import models
from rest_framework import serializers

from finobs.core.text import DeceptiveText, clean

MAX_ADDRESS_LENGTH: Final = 254
TOO_LONG_MESSAGE: Final = "This address is too long."


def address_key(address: str) -> str:
    """`address` as it is compared: two addresses with one key are one address.

    >>> address_key(" Sue@EXAMPLE.test ") == address_key("\\u017fue@example.test")
    True
    """
    text = address
    # Folding can leave what composes anew, and composing what folds anew: twice is stable for all of Unicode (tested).
    for _ in range(2):
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()
    return text


def why_not_address(address: str) -> str:
    """Why `address` cannot be one, in words; empty when nothing of that kind is wrong."""
    try:
        clean(address)
    except DeceptiveText as error:
        return f"The address {error}."
    return TOO_LONG_MESSAGE if len(address_key(address)) > MAX_ADDRESS_LENGTH else ""


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
