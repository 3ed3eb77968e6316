"""What errors become: problem details for machines, pages for people, never a stack trace."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import exceptions as drf

from finobs.core import context, errors, http
from finobs.core.strict_json import parse_json


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (errors.NotFound(), 404), (errors.NotAllowed(), 403), (errors.Conflict(), 409), (errors.InvalidTransition(), 409),
        (errors.ApprovalRequired(1), 202), (errors.Invalid(), 422), (errors.TooLarge(), 413), (Http404(), 404),
        (PermissionDenied(), 403), (RequestDataTooBig(), 413), (OperationalError(), 503), (drf.NotAuthenticated(), 401),
        (drf.MethodNotAllowed("PUT"), 405), (drf.Throttled(), 429), (drf.UnsupportedMediaType("x"), 415), (drf.ParseError(), 400),
    ],
)  # fmt: skip
def test_every_refusal_has_its_status(raised, status):
    error = http.as_error(raised)
    assert error is not None
    assert error.status == status


def test_a_fault_of_ours_is_not_dressed_up():
    assert http.as_error(KeyError("x")) is None


def test_a_problem_names_its_fields_by_pointer():
    body = http.problem(errors.Invalid("Two things.", fields={"rows.0.amount": ["No number."], "": ["Too many."]}))
    assert body["type"] == "urn:finobs:problem:invalid"
    assert body["errors"] == [
        {"pointer": "#/rows/0/amount", "detail": "No number."},
        {"pointer": "#", "detail": "Too many."},
    ]


def test_a_problem_carries_the_request_id():
    with context.request("abc-12345"):
        assert http.problem(errors.NotFound())["request_id"] == "abc-12345"


def test_approval_required_tells_the_request():
    response = http.problem_handler(errors.ApprovalRequired(17), {})
    assert response is not None
    assert response.status_code == 202
    assert (response.data["approval_request_id"], response.data["status"]) == (17, "pending")


def test_nested_validation_is_flattened():
    error = http.as_error(drf.ValidationError({"rows": [{}, {"amount": ["Bad."]}], "name": ["Empty."]}))
    assert isinstance(error, errors.Invalid)
    assert error.fields == {"rows.1.amount": ["Bad."], "name": ["Empty."]}


def test_an_unknown_api_address_answers_in_problem_json(db):
    response = Client().get("/api/v1/no-such-thing")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["title"] == "Not found"


def test_the_last_resort_touches_nothing_and_tells_nothing():
    response = http.server_error(RequestFactory().get("/api/v1/x"))
    assert response.status_code == 500
    assert "mistake" in json.loads(response.content)["title"]


@pytest.mark.parametrize("raw", [b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1,"a":2}', b"\xff", b"[" * 100_000, b"{", b""])
def test_json_that_rfc_8259_does_not_know_is_refused(raw):
    with pytest.raises(ValueError):
        parse_json(raw)


def test_a_fraction_stays_text_so_that_money_never_is_a_float():
    assert parse_json(b'{"amount": 10.10, "big": 1e400, "n": 3}') == {"amount": "10.10", "big": "1e400", "n": 3}


def test_a_well_formed_request_id_comes_back_and_another_does_not(client):
    assert client.get("/livez", headers={"X-Request-ID": "abcdef-123"})["X-Request-ID"] == "abcdef-123"
    assert client.get("/livez", headers={"X-Request-ID": "x\ty"})["X-Request-ID"] != "x\ty"


def exceptions_of_drf() -> list[type[drf.APIException]]:
    """Every class that DRF, or a library on top of it, raises."""
    import rest_framework_simplejwt.exceptions  # noqa: F401

    classes, rest = [], [drf.APIException]
    while rest:
        classes.append(rest.pop())
        rest += classes[-1].__subclasses__()
    return [each for each in classes if each is not drf.ValidationError]


def problem_of(exception):
    error = http.as_error(exception)
    assert error is not None
    return http.problem(error)


@pytest.mark.parametrize("raised", exceptions_of_drf(), ids=lambda raised: raised.__name__)
def test_no_problem_shows_a_place_that_was_not_filled(raised):
    needed = {drf.MethodNotAllowed: ("PUT",), drf.UnsupportedMediaType: ("text/x",)}
    body = problem_of(raised(*needed.get(raised, ())))
    assert "{" not in body["title"] + body["detail"]
    assert "ErrorDetail" not in body["detail"]
    assert body["title"]
    assert body["detail"]


def test_a_title_is_of_the_kind_and_a_detail_of_the_occurrence():
    problems = [problem_of(drf.MethodNotAllowed(method)) for method in ("PUT", "PATCH")]
    assert {body["title"] for body in problems} == {"Method Not Allowed"}
    assert [body["detail"] for body in problems] == ['Method "PUT" not allowed.', 'Method "PATCH" not allowed.']


def test_a_detail_with_codes_beside_it_is_its_sentence():
    detail: Any = {"detail": "The token is old.", "messages": [{"token_class": "AccessToken"}]}
    assert problem_of(drf.AuthenticationFailed(detail))["detail"] == "The token is old."
