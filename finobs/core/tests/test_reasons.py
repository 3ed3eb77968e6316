"""One validator of reasons: for services, for fields of pages, and for the lists of the admin."""

from __future__ import annotations

import pytest
from django import forms
from django.test import RequestFactory

from finobs.core.admin import ReasonActionForm, action_reason
from finobs.core.errors import Invalid
from finobs.core.forms import OptionalReasonForm, ReasonField, ReasonForm
from finobs.core.reasons import MAX_REASON_LENGTH, optional_reason, require_reason, why_not_reason
from finobs.core.serializers import OptionalReasonSerializer, ReasonSerializer

TOO_SHORT = "Say why, in at least 3 characters."
TOO_LONG = "Say why, in at most 2,000 characters."
NOT_PLAIN = "Say why in plain text; this holds U+0000 control character (character 2)."
REFUSED = [("", TOO_SHORT), (" \n ", TOO_SHORT), (" ok ", TOO_SHORT), ("x" * 2_001, TOO_LONG), ("a\x00bc", NOT_PLAIN)]


@pytest.mark.parametrize(("text", "refusal"), REFUSED)
def test_what_is_no_reason_is_refused_beside_its_field(text: str, refusal: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_reason(text, field="rationale")
    assert refused.value.fields == {"rationale": [refusal]}


@pytest.mark.parametrize(
    "text", ["Yes", "no" * (MAX_REASON_LENGTH // 2), "  " + "no" * (MAX_REASON_LENGTH // 2) + "\n"]
)
def test_a_reason_is_taken_without_the_space_around_it(text: str) -> None:
    assert require_reason(text) == text.strip()
    assert why_not_reason(text) == ""


def test_limits_are_the_caller_s() -> None:
    assert require_reason("ok", min_length=2) == "ok"
    assert why_not_reason("x" * 9, min_length=10) == "Say why, in at least 10 characters."
    assert why_not_reason("x" * 11, max_length=10) == "Say why, in at most 10 characters."


def test_where_a_reason_is_optional_none_is_one_and_too_much_is_not() -> None:
    assert optional_reason("  ") == ""
    assert optional_reason(" ok ") == "ok"
    for text, refusal in REFUSED[3:]:
        with pytest.raises(Invalid) as refused:
            optional_reason(text)
        assert refused.value.fields == {"reason": [refusal]}


@pytest.mark.parametrize(("text", "refusal"), REFUSED[:4])
def test_a_form_says_the_same_as_the_service(text: str, refusal: str) -> None:
    form = ReasonForm({"reason": text, "version": 1})
    assert form.errors == {"reason": [refusal]}


def test_a_form_takes_a_reason_without_the_space_around_it() -> None:
    form = ReasonForm({"reason": "  Ask first. ", "version": 3})
    assert form.is_valid()
    assert form.cleaned_data == {"version": 3, "reason": "Ask first."}


@pytest.mark.parametrize(("text", "is_valid"), [("", True), ("ok", False), ("Ask first.", True), ("x" * 2_001, False)])
def test_a_form_with_an_optional_reason_measures_one_that_is_given(text: str, is_valid: bool) -> None:
    assert OptionalReasonForm({"reason": text, "version": 1}).is_valid() is is_valid


def test_a_field_has_the_limits_of_its_service() -> None:
    class Close(forms.Form):
        rationale = ReasonField(label="Rationale", min_length=10, max_length=20)

    assert Close({"rationale": "x" * 9}).errors == {"rationale": ["Say why, in at least 10 characters."]}
    assert Close({"rationale": "x" * 21}).errors == {"rationale": ["Say why, in at most 20 characters."]}
    assert Close({"rationale": "no" * 10}).is_valid()
    assert 'maxlength="20"' in str(Close()["rationale"])


@pytest.mark.parametrize("text", ["", " ", "x" * 5_000, " Ask first. "])
def test_the_api_leaves_measuring_to_the_service(text: str) -> None:
    for kind in (ReasonSerializer, OptionalReasonSerializer):
        body = kind(data={"reason": text})
        assert body.is_valid()
        assert body.validated_data == {"reason": text}


def test_the_api_wants_the_field_where_a_reason_is_needed() -> None:
    assert not ReasonSerializer(data={}).is_valid()
    body = OptionalReasonSerializer(data={})
    assert body.is_valid()
    assert body.validated_data == {"reason": ""}


def test_an_action_of_the_admin_gets_what_was_typed() -> None:
    assert "reason" in ReasonActionForm().fields
    assert action_reason(RequestFactory().post("/", {"reason": "Noisy."})) == "Noisy."
    assert action_reason(RequestFactory().post("/", {})) == ""
