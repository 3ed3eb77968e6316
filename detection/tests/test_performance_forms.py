"""What the forms of the performance pages take, and what they say of the rest."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import QueryDict

from detection.choices import ModelRole
from detection.hooks import MAX_ALERTS_A_DAY
from detection.performance.forms import CapacityForm, LeaderboardForm, RowsForm, ThresholdForm, WindowForm
from detection.performance.window import MAX_DAYS, Window
from detection.tests.factories import model_version, scored_transaction
from finobs.core.errors import Conflict, Invalid
from tests import factories

pytestmark = pytest.mark.django_db
MARCH = {"from": "2026-03-01", "to": "2026-03-30"}
TYPED = {"alerts_a_day": "12.5", "reason": "Fewer people.", "first": "2026-03-01", "last": "2026-03-30"}


def test_the_days_of_a_form_are_read_and_shown_again(analyst):
    form = WindowForm(MARCH)
    assert form.window(analyst) == Window(date(2026, 3, 1), date(2026, 3, 30))
    assert (form["from"].value(), form["to"].value()) == ("2026-03-01", "2026-03-30")


def test_an_empty_form_shows_the_thirty_days_that_it_stands_for(analyst):
    version = model_version()
    scored_transaction(version, 0.5, at=factories.NOON + timedelta(days=3))
    factories.transaction(occurred_at=factories.NOON + timedelta(days=90))  # nobody has assessed it
    form = CapacityForm({})
    assert form.window(analyst) == Window(date(2026, 2, 4), date(2026, 3, 5))
    assert (form["from"].value(), form["to"].value(), form["alerts_a_day"].value()) == (
        "2026-02-04",
        "2026-03-05",
        None,
    )


@pytest.mark.parametrize(
    ("days", "field", "text"),
    [
        ({"from": "soon"}, "from", "Enter a valid date."),
        ({"to": "2026-02-30"}, "to", "Enter a valid date."),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to", "The last day lies before the first."),
        ({"from": "2026-01-01", "to": "2026-12-31"}, "to", f"At most {MAX_DAYS} days at a time."),
        ({"from": "1969-12-31", "to": "1970-01-02"}, "from", "A day from 1970-01-01 to 2999-12-31."),
        ({"from": "2999-12-30", "to": "3000-01-01"}, "to", "A day from 1970-01-01 to 2999-12-31."),
    ],
)
@pytest.mark.parametrize("form_class", [WindowForm, RowsForm, CapacityForm])
def test_days_that_make_no_sense_are_named_on_every_form(form_class, days, field, text, analyst):
    form = form_class(days)
    assert form.window(analyst) is None
    assert form.errors == {field: [text]}


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("bin", "-1", False), ("bin", "0", True), ("bin", "1000", True), ("bin", "1001", False), ("bin", "x", False),
        ("cell", "tp", True), ("cell", "c" * 30, True), ("cell", "c" * 31, False),
    ],
)  # fmt: skip
def test_a_number_is_named_by_a_cell_and_a_bin(name, value, holds, analyst):
    form = RowsForm({**MARCH, name: value})
    assert (form.window(analyst) is not None) is holds
    assert list(form.errors) == ([] if holds else [name])


@pytest.mark.parametrize(
    ("alerts_a_day", "holds"),
    [("", True), ("0.01", True), ("0.009", False), ("0", False), ("-1", False), (str(MAX_ALERTS_A_DAY), True),
     (str(MAX_ALERTS_A_DAY + 1), False), ("nan", False), ("inf", False), ("many", False)],
)  # fmt: skip
def test_a_number_of_alerts_a_day_is_more_than_nothing_and_within_reason(alerts_a_day, holds, analyst):
    form = CapacityForm({**MARCH, "alerts_a_day": alerts_a_day})
    assert (form.window(analyst) is not None) is holds
    assert list(form.errors) == ([] if holds else ["alerts_a_day"])
    if alerts_a_day:
        setting = ThresholdForm({**TYPED, "alerts_a_day": alerts_a_day})
        assert setting.is_valid() is holds


@pytest.mark.parametrize(
    ("query", "versions"),
    [
        ("", set()),
        ("version=3&version=17&version=3", {3, 17}),
        ("version=&version=12", {12}),
        (f"version={'9' * 18}", {10**18 - 1}),
        ("&".join(f"version={number}" for number in range(1, 101)), set(range(1, 101))),
    ],
)
def test_versions_to_compare_are_numbers_and_at_most_a_hundred(query, versions):
    assert LeaderboardForm(QueryDict(query)).versions == versions


@pytest.mark.parametrize(
    "query",
    [
        *(f"version=12&version={text}" for text in ("-3", "x", "3.5", "1e3", "²", "9" * 19)),
        "&".join(f"version={number}" for number in range(1, 103)),
    ],
)
def test_versions_that_are_none_are_refused_and_not_left_out(query):
    with pytest.raises(Invalid) as error:
        LeaderboardForm(QueryDict(query))
    assert list(error.value.fields) == ["version"]


@pytest.mark.parametrize(
    ("query", "role"),
    [("", ModelRole.ANOMALY), ("role=supervised", ModelRole.SUPERVISED), ("role=anomaly", ModelRole.ANOMALY)],
)
def test_a_leaderboard_is_of_the_anomaly_role_unless_another_is_asked_for(query, role):
    assert LeaderboardForm(QueryDict(query)).chosen_role == role


def test_a_role_that_there_is_none_of_is_named(analyst):
    form = LeaderboardForm(QueryDict("role=oracle"))
    assert form.window(analyst) is None
    assert list(form.errors) == ["role"]


@pytest.mark.parametrize("name", TYPED)
def test_each_field_of_a_threshold_is_required(name):
    form = ThresholdForm({**TYPED, name: " "})
    assert not form.is_valid()
    assert list(form.errors) == [name]


@pytest.mark.parametrize(("target", "initial"), [(12.34567, 12.3457), (0.0, None), (0.00001, None)])
def test_the_threshold_form_begins_with_what_is_left_and_the_days_that_are_shown(target, initial):
    report: Any = SimpleNamespace(target=target, window=Window(date(2026, 3, 1), date(2026, 3, 30)))
    form = ThresholdForm.of(report)
    assert form.initial == {"alerts_a_day": initial, "first": date(2026, 3, 1), "last": date(2026, 3, 30)}
    assert not form.is_bound


def test_a_threshold_is_set_with_the_days_as_a_window():
    calls: list[dict[str, Any]] = []
    version = factories.model_version()

    def set_threshold(**fields: Any) -> Any:
        calls.append(fields)
        return version

    assert ThresholdForm(TYPED).submit(set_threshold) == (HTTPStatus.OK, version)
    assert calls == [
        {"window": Window(date(2026, 3, 1), date(2026, 3, 30)), "alerts_a_day": 12.5, "reason": "Fewer people."}
    ]


@pytest.mark.parametrize(
    ("error", "status", "field", "again"),
    [
        (Invalid(fields={"alerts_a_day": ["Too many."]}), HTTPStatus.UNPROCESSABLE_ENTITY, "alerts_a_day", None),
        (Conflict("Somebody was faster."), HTTPStatus.CONFLICT, "__all__", 12.5),
    ],
)
def test_what_the_service_refuses_stands_on_the_threshold_form(error, status, field, again):
    def refuse(**fields: Any) -> Any:
        raise error

    form = ThresholdForm(TYPED)
    assert form.submit(refuse) == (status, None)
    assert list(form.errors) == [field]
    assert form.window_values == {"from": date(2026, 3, 1), "to": date(2026, 3, 30), "alerts_a_day": again}


def test_days_that_are_no_window_set_no_threshold():
    form = ThresholdForm({**TYPED, "first": "2026-04-01"})
    status, version = form.submit(lambda **_: pytest.fail("it was set"))
    assert (status, version) == (HTTPStatus.UNPROCESSABLE_ENTITY, None)
    assert "The last day lies before the first." in str(form.errors)
