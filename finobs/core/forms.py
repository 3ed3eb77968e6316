"""Between a page's form and a service: what the service refuses is said beside what was typed, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final, TypeVar

from django.core.exceptions import ValidationError
from django.forms import BaseForm, CharField, DateInput, Form, HiddenInput, IntegerField, JSONField, Select, Textarea
from django.http import QueryDict

from .errors import ApprovalRequired, Conflict, Invalid, InvalidTransition, Stale
from .plain_text import form_errors
from .reasons import MAX_REASON_LENGTH, MIN_REASON_LENGTH, why_not_reason
from .strict_json import parse_json

R = TypeVar("R")
MAX_JSON_DEPTH: Final = 8
# RFC 8785, and with it the ledger, writes numbers as doubles.
MAX_JSON_INTEGER: Final = 2**53 - 1

# Widgets of filters. A field copies its widget, so that all lists may share these.
DATE_INPUT = DateInput(attrs={"type": "date"})
ALL_YES_NO = Select(choices=[("", "All"), ("true", "Yes"), ("false", "No")])


class SelectOne(Select):
    """Of a filter that takes several values: a page offers one of them or all; an address may name more."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        values = data.getlist(name) if hasattr(data, "getlist") else data.get(name) or []
        return [value for value in values if value]

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        everything = self.create_option(name, "", "All", not any(value), 0)
        return [(None, [everything], 0), *super().optgroups(name, value, attrs)]


class VersionedForm(Form):
    """A form about one object: `version` is of the object that was on the page, and a service refuses a stale one."""

    version = IntegerField(min_value=1, widget=HiddenInput)

    def show_again(self, *, version: int) -> None:
        """What was typed stays, beside what is there now; sent again, it is about the object as it is now."""
        show_present_values(self)
        typed: Any = self.data
        data: Any = QueryDict(mutable=True)
        for name in self.fields:
            data.setlist(name, typed.getlist(name) if hasattr(typed, "getlist") else [typed.get(name)])
        data["version"] = str(version)
        self.data = data


def show_present_values(form: BaseForm) -> None:
    """Say beside each field of a stale form what is there now, where that is not what was typed.

    The initial values of the form are those of now. Nobody takes back unseen what somebody else has changed.
    """
    for name in form.changed_data:
        if name in form.initial and name != "version":
            form.add_error(name, f"It is now: {_present_text(form.fields[name], form.initial[name])}.")


def _present_text(field: Any, value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str) and isinstance(value, Iterable):
        return ", ".join(_present_text(field, each) for each in value) or "nothing"
    label = next((text for choice, text in getattr(field, "choices", ()) if str(choice) == str(value)), value)
    return "nothing" if label is None or label == "" else str(label)


class StrictJSONDecoder(json.JSONDecoder):
    """For `forms.JSONField(decoder=...)`: JSON as the API takes it, and only text that a database can hold.

    Whatever does not hold is the one error that the field knows how to say.
    """

    def decode(self, s: str, *_: Any) -> Any:
        try:
            value = parse_json(s.encode())
            # PostgreSQL keeps no NUL in a JSON column, not even an escaped one.
            if "\\u0000" in json.dumps(value, ensure_ascii=False).encode().decode():
                raise ValueError("NUL is no text")
        except ValueError as error:
            raise json.JSONDecodeError(str(error), s, 0) from None
        return value


class JSONObjectField(JSONField):
    """A JSON object typed into a form. Whatever else JSON can be is refused beside the field, not by what reads it."""

    default_error_messages = {  # noqa: RUF012
        "object": 'Enter a JSON object: {"name": "value"}.',
        "depth": f"This is nested more than {MAX_JSON_DEPTH} levels deep.",
        "number": "One of its numbers is larger than JSON holds exactly: write it as text.",
    }

    def __init__(self, **kwargs: Any) -> None:
        # Model fields name the encoder and decoder of their column; what is typed is always read strictly.
        super().__init__(**{**kwargs, "decoder": StrictJSONDecoder})

    def to_python(self, value: Any) -> Any:
        if value is None or (isinstance(value, str) and not value.strip()):
            return {}
        value = super().to_python(value)
        if not isinstance(value, dict):
            raise ValidationError(self.error_messages["object"], code="object")
        if refusal := _why_not_object(value):
            raise ValidationError(self.error_messages[refusal], code=refusal)
        return value


def _why_not_object(value: dict[str, Any]) -> str:
    """Which message says what is wrong with a parsed object; empty when nothing is."""
    level: list[Any] = [value]
    for _ in range(MAX_JSON_DEPTH):
        inner = [each for outer in level for each in (outer.values() if isinstance(outer, dict) else outer)]
        if any(isinstance(each, int) and abs(each) > MAX_JSON_INTEGER for each in inner):
            return "number"
        level = [each for each in inner if isinstance(each, dict | list)]
    return "depth" if level else ""


def submit(form: Form, act: Callable[..., Any]) -> HTTPStatus:
    """Call `act` with the fields of `form`, if they hold, and say how that went.

    OK: done. ACCEPTED: waits for approval. UNPROCESSABLE_ENTITY and CONFLICT: nothing happened, and the form says
    why. Refusals that no typing mends (not found, not allowed) go on to the error page.
    """
    return submit_for_result(form, act)[0]


def submit_for_result(form: Form, act: Callable[..., R]) -> tuple[HTTPStatus, R | None]:
    """As `submit`, with what `act` returned where it was OK."""
    if not form.is_valid() or refuse_deceptive(form):
        return HTTPStatus.UNPROCESSABLE_ENTITY, None
    try:
        return HTTPStatus.OK, act(**form.cleaned_data)
    except ApprovalRequired:
        return HTTPStatus.ACCEPTED, None
    except Invalid as error:
        _add_errors(form, error)
        return HTTPStatus.UNPROCESSABLE_ENTITY, None
    except (Conflict, InvalidTransition) as error:
        form.add_error(None, error.detail)
        if isinstance(error, Stale) and isinstance(form, VersionedForm):
            form.show_again(version=error.version)
        return HTTPStatus.CONFLICT, None


def refuse_deceptive(form: BaseForm) -> bool:
    """Whether a valid form holds text that deceives, which is then said beside it. Other text gets its one form."""
    errors = list(form_errors(form))
    for name, text in errors:
        form.add_error(name, text)
    return bool(errors)


def _add_errors(form: Form, error: Invalid) -> None:
    for name, texts in (error.fields or {"": [error.detail]}).items():
        # What the API calls "profile.name" is a field by itself in a form.
        field = name if name in form.fields else name.rpartition(".")[2]
        for text in texts:
            form.add_error(field if field in form.fields else None, text)


class ReasonField(CharField):
    """Why somebody does something: refused in the words of the service that would refuse it (`core.reasons`)."""

    def __init__(
        self, *, min_length: int = MIN_REASON_LENGTH, max_length: int = MAX_REASON_LENGTH, rows: int = 2, **kwargs: Any
    ) -> None:
        self.limits = {"min_length": min_length, "max_length": max_length}
        kwargs = {"label": "Why", "widget": Textarea(attrs={"rows": rows}), **kwargs}
        super().__init__(max_length=max_length, **kwargs)

    def clean(self, value: Any) -> str:
        text = str(self.to_python(value))
        if not text and not self.required:
            return text
        if refusal := why_not_reason(text, **self.limits):
            raise ValidationError(refusal)
        return text


class ReasonForm(VersionedForm):
    """Why, and nothing else."""

    reason = ReasonField(help_text="Kept in the ledger.")


class OptionalReasonForm(VersionedForm):
    """Why, where the service asks for it in some states only."""

    reason = ReasonField(required=False, help_text="Needed for what somebody else approves: they read it.")
