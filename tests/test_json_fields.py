"""Every field that takes JSON x everything that JSON can be: taken, or refused beside the field, and never a fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django import forms
from django.contrib import admin as stock
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

import finobs.urls as urls
from detection.rules.services import ensure_default_rules
from finobs.accounts.models import User
from finobs.core.errors import Invalid
from finobs.core.forms import JSONObjectField
from finobs.core.plain_text import form_errors, plain_values
from tests import factories
from tests.support.clients import signed_in
from transactions.models import Source

pytestmark = pytest.mark.django_db
assert urls

NO_OBJECTS = [
    "null", "true", "false", "[]", "[1]", '["a"]', "7", "-1", "1.5", '"text"', '""', "NaN", "Infinity", "-Infinity", "{", "}",
    "[" * 100_000, "{" * 1_000, '{"a":' * 5_000 + "1" + "}" * 5_000, '{"a":' * 50 + "1" + "}" * 50, '{"a": ' + "9" * 5_000 + "}",
    '{"a": ' + "9" * 30 + "}", '{"a": NaN}', '{"a": 1, "a": 2}', '{"a": "\\u0000"}', '{"\\u0000": 1}', '{"a": "\\ud800"}', "\u0000", "nul", "1e400",
]  # fmt: skip
# Of a field within: what its reader expects to be text, a number or an object.
VALUES: list[Any] = [
    None, True, False, [], {}, [1], {"a": 1}, 0, -1, 2**53, 2**70, "1e400", "", "x" * 5_000, [[[[]]]], {"column": None},
    {"column": {}}, {"column": "a", "plus_days": True}, {"column": "a", "plus_days": 10**15}, {"column": "a", "words": []},
    {"column": "a", "words": {"x": None}}, {"column": "a", "value": "b"}, {"value": None}, {"column": 7}, {"column": ["a"]},
]  # fmt: skip


def json_forms() -> list[Any]:
    """The lists of the admin whose form has a field that takes JSON, as (model, name of the field)."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    pairs = []
    for model, page in stock.site._registry.items():
        if page.has_add_permission(request) or page.has_change_permission(request):
            fields = page.get_form(request, fields=None).base_fields
            pairs += [(model, name) for name, field in fields.items() if isinstance(field, forms.JSONField)]
    return pairs


def test_every_field_of_a_form_that_takes_json_takes_an_object() -> None:
    pairs = json_forms()
    assert {(model._meta.label, name) for model, name in pairs} >= {
        ("transactions.Source", "mapping"),
        ("detection.Rule", "parameters"),
    }
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    for model, name in pairs:
        field = stock.site._registry[model].get_form(request, fields=None).base_fields[name]
        assert isinstance(field, JSONObjectField), f"{model._meta.label}.{name}"


def posted(model: Any, name: str, text: str) -> dict[str, Any]:
    rule = {"kind": "amount", "typology": "large_amount", "reason": "Because of it."}
    return {"slug": "new", "name": "New", "time_zone": "UTC", **rule, name: text}


@pytest.mark.parametrize("text", NO_OBJECTS, ids=range(len(NO_OBJECTS)))
def test_what_is_no_object_is_refused_beside_its_field(superuser: User, text: str) -> None:
    browser = signed_in(superuser)
    for model, name in json_forms():
        opts = model._meta
        page = reverse(f"admin:{opts.app_label}_{opts.model_name}_add")
        response = browser.post(page, posted(model, name, text))
        assert response.status_code == 200, opts.label
        assert response.context["errors"], opts.label
        assert name in response.context["adminform"].form.errors, opts.label


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_value_within_is_taken_or_refused_in_words(superuser: User, value: Any) -> None:
    browser = signed_in(superuser)
    good = {"external_id": "id", "account": "a", "occurred_at": "t", "amount": "m"}
    for field in ("amount", "currency", "nonsense", "is_suspicious", ""):
        text = json.dumps(good | {field: value})
        response = browser.post(
            "/admin/transactions/source/add/", {"slug": f"s-{field}", "name": "S", "time_zone": "UTC", "mapping": text}
        )
        assert response.status_code in (200, 302, 422)
        assert response.status_code == 302 or "mapping" in response.context["adminform"].form.errors
    for field in ("currency", "review_at", "block_at", "nonsense"):
        text = json.dumps({"currency": "USD", "review_at": "1.00", field: value})
        response = browser.post("/admin/detection/rule/add/", posted(None, "parameters", text) | {"slug": f"r-{field}"})
        assert response.status_code in (200, 302, 422)


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_the_mapping_of_an_upload_is_taken_or_refused_in_words(superuser: User, value: Any) -> None:
    source = factories.source()
    for text in (
        json.dumps({"external_id": "id", "account": "a", "occurred_at": "t", "amount": value}),
        json.dumps(value),
    ):
        sent = {
            "file": SimpleUploadedFile("f.csv", b"id,a,t,m\n1,2,2026-01-01T00:00:00Z,3\n"),
            "mapping": text,
            "delimiter": ",",
        }
        response = signed_in(superuser).post(f"/admin/transactions/source/{source.pk}/upload/", sent)
        assert response.status_code in (200, 302)


@pytest.mark.parametrize(
    "text", [text for text in NO_OBJECTS if len(text) < 10_000 or text[0] != "["], ids=lambda text: text[:12]
)
def test_a_rule_of_the_api_takes_an_object_or_says_why_not(superuser: User, text: str) -> None:
    rule = ensure_default_rules(actor=superuser)[0]
    browser: Client = signed_in(superuser)
    for body in (
        f'{{"parameters": {text}, "reason": "Because of it.", "version": 1}}',
        f'{{"parameters": {{"currency": {text}}}, "reason": "Because of it.", "version": 1}}',
    ):
        response = browser.post(f"/api/v1/rules/{rule.slug}/versions", body, content_type="application/json")
        assert response.status_code in (400, 422), body[:60]
        assert response["Content-Type"] == "application/problem+json"


AS_WRITTEN: list[dict[str, Any]] = [
    {"separator": " "}, {"separator": ""}, {"separator": "  "}, {"separator": "\t"}, {"separator": "\u00a0"}, {"a  b": " x "},
    {"\u212a": "1", "K": "2"}, {"a b": 1, "a  b": 2}, {"e\u0301": 1, "\u00e9": 2}, {"a": [" x ", {" b ": "\u212b"}]}, {"a\nb": "c\r\nd"},
]  # fmt: skip


class _JSONForm(forms.Form):
    value = JSONObjectField()


@pytest.mark.parametrize("value", AS_WRITTEN, ids=range(len(AS_WRITTEN)))
def test_json_stays_as_it_was_written(value: dict[str, Any]) -> None:
    form = _JSONForm({"value": json.dumps(value)})
    assert form.is_valid()
    assert list(form_errors(form)) == []
    assert form.cleaned_data["value"] == value
    assert plain_values({"value": value}, multiline=(), verbatim=()) == {"value": value}


@pytest.mark.parametrize("value", [{"a\u200b": 1}, {"a": "\u202e"}, {"a": [{"b": "\ufeff"}]}, {"a": {"b\ue000": ""}}])
def test_json_that_deceives_is_refused_however_deep(value: dict[str, Any]) -> None:
    form = _JSONForm({"value": json.dumps(value)})
    assert form.is_valid()
    assert [name for name, _ in form_errors(form)] == ["value"]
    with pytest.raises(Invalid):
        plain_values({"value": value}, multiline=(), verbatim=())


def test_the_mapping_of_a_source_is_stored_as_it_was_written(superuser: User) -> None:
    mapping = {
        "external_id": {"columns": ["day", "text"], "separator": " ", "ordinal": True}, "account": "a", "occurred_at": "t",
        "amount": "m", "direction": {"column": " D  C ", "words": {" S ": "out", "H": "in"}}, "memo": {"value": "e\u0301"},
    }  # fmt: skip
    form = {"slug": "new", "name": "New", "time_zone": "UTC", "mapping": json.dumps(mapping)}
    assert signed_in(superuser).post("/admin/transactions/source/add/", form).status_code == 302
    assert Source.objects.get(slug="new").mapping == mapping
