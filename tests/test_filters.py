"""Every filter of every list, for pages and API alike: no hidden column, no pattern, and rubbish is refused by name."""

from __future__ import annotations

from typing import Any

import django_filters
import pytest
from django import forms
from django.db import transaction
from django.http import QueryDict
from django.test import RequestFactory

from finobs.accounts.models import User
from finobs.core.filters import YesNoFilter
from finobs.core.http import as_error
from finobs.urls import urlpatterns
from tests.support.clients import htmx, signed_in

pytestmark = pytest.mark.django_db
assert urlpatterns  # all filter sets are defined once the addresses are

LOOKUPS = {"exact", "iexact", "icontains", "gte", "lte", "gt", "lt", "date__gte", "date__lte", "in", "startswith"}
HIDDEN = {"password", "digest", "session_epoch", "artefact", "features", "raw", "raw_digest", "root"}
RUBBISH = [
    "x", "-1", "9" * 30, "9" * 5_000, "²", "1e400", "NaN", "null", "\x00", "a\x00b", "'", "%", "[", "((a+)+)+$", "‮",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "9999-12-31", "2026-02-30", "🙂", "a" * 3_000,
]  # fmt: skip


def every_filter_set(base: Any = django_filters.FilterSet) -> list[Any]:
    """Ours, neither the library's own bases nor what a test makes up."""
    below = [each for child in base.__subclasses__() for each in (child, *every_filter_set(child))]
    foreign = ("django_filters", "tests")
    return [
        each for each in below if each._meta.model is not None and not set(each.__module__.split(".")) & set(foreign)
    ]


FILTER_SETS = sorted(set(every_filter_set()), key=lambda each: each.__name__)
NAMES = [each.__name__ for each in FILTER_SETS]


def test_all_filter_sets_are_walked() -> None:
    assert {"CaseFilter", "UserFilter", "EventFilter", "AlertFilter", "TransactionFilter"} <= set(NAMES)


@pytest.mark.parametrize("filter_set", FILTER_SETS, ids=NAMES)
def test_no_filter_reads_a_hidden_column_or_takes_a_pattern(filter_set: Any) -> None:
    for name, each in filter_set.base_filters.items():
        assert each.lookup_expr in LOOKUPS, name
        assert not HIDDEN & set((each.field_name or "").split("__")), name
        assert type(each) is not django_filters.BooleanFilter, f"{name}: takes every word for no question"


def answer(filter_set: Any, user: User, name: str, value: str) -> tuple[int, dict[str, Any]]:
    data = QueryDict(mutable=True)
    data[name] = value
    request = RequestFactory().get("/")
    request.user = user
    filters = filter_set(data, queryset=filter_set._meta.model._default_manager.all(), request=request)
    try:
        if not filters.is_valid():
            return 422, filters.form.errors
        with transaction.atomic():
            list(filters.qs[:1])
    except Exception as error:
        refusal = as_error(error)
        if refusal is None:
            raise
        return refusal.status, {name: [refusal.detail]}
    return 200, {}


@pytest.mark.parametrize("filter_set", FILTER_SETS, ids=NAMES)
def test_rubbish_is_refused_by_its_name_and_never_a_fault(filter_set: Any, superuser: User) -> None:
    for name, each in filter_set.base_filters.items():
        for value in RUBBISH:
            status, errors = answer(filter_set, superuser, name, value)
            assert status in (200, 400, 422), (name, value[:40], status)
            assert status == 200 or errors, (name, value[:40])
        is_text = isinstance(each, django_filters.CharFilter)
        assert is_text or answer(filter_set, superuser, name, "x")[0] == 422, name


@pytest.mark.parametrize(
    ("word", "meaning"), [("true", True), ("False", False), ("1", True), ("no", False), ("", None)]
)
def test_yes_and_no_are_read_as_such(word: str, meaning: bool | None) -> None:
    field: forms.Field = YesNoFilter().field
    assert field.clean(word) is meaning


def test_a_page_says_which_filter_makes_no_sense(superuser: User) -> None:
    browser = signed_in(superuser)
    page = browser.get("/detection/rules/?in_force=perhaps")
    assert page.status_code == 422
    assert "Say true or false." in page.content.decode()
    part = browser.get("/detection/rules/?in_force=perhaps", **htmx("list"))
    assert part.status_code == 422
    assert "Say true or false." in part.content.decode()
