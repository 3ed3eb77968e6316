"""Every list of the admin x every field, of the model and of related ones, x every look-up: refused, or harmless."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin as stock
from django.db.models import Field, Model
from django.db.models.lookups import Transform
from django.test import Client, RequestFactory
from django.urls import reverse

from finobs.accounts.models import User
from finobs.core.admin_queries import ClosedQueryMixin
from finobs.core.http import as_error
from tests.support.clients import signed_in

pytestmark = pytest.mark.django_db

LISTS = sorted(stock.site._registry.items(), key=lambda item: item[0]._meta.label)
LIST_NAMES = [model._meta.label for model, _ in LISTS]
# What no address may ask, whatever is offered for it: patterns, and whatever can be made one letter at a time.
PATTERNS = {"regex", "iregex", "startswith", "istartswith", "endswith", "contains", "gt", "lte", "range", "in"}
RUBBISH = [
    "", "-1", "0", "9999", "10000", "9" * 30, "9" * 5_000, "x", "²", "1e400", "NaN", "null", "\x00", "a\x00b", "'", "%",
    "[", "((((a+)+)+)+)+$", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30", "‮", "🙂", "a" * 3_000,
    "a " * 500, "1." * 2_000 + "1", ",".join("1" * 2_000),
]  # fmt: skip


def field_paths(model: type[Model], depth: int = 2, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every field and relation, forwards and backwards, over `depth` relations."""
    for field in model._meta.get_fields():
        name = field.name
        yield f"{prefix}{name}", field
        if isinstance(field, Field) and field.get_attname() != name:
            yield f"{prefix}{field.get_attname()}", field
        if depth and field.is_relation and isinstance(field.related_model, type):
            yield from field_paths(field.related_model, depth - 1, f"{prefix}{name}__")


def lookups_of(field: Any) -> Iterator[str]:
    """What Django could be asked of a field: nothing, each look-up, and each look-up of each transform."""
    yield ""
    if not isinstance(field, Field):
        yield from ("exact", "in", "isnull")
        return
    for name, lookup in field.get_lookups().items():
        yield name
        if isinstance(lookup, type) and issubclass(lookup, Transform):
            output = getattr(lookup, "output_field", None)
            yield from (
                f"{name}__{inner}" for inner in (output.get_lookups() if isinstance(output, Field) else PATTERNS)
            )


def every_lookup(model: type[Model], depth: int = 2) -> Iterator[str]:
    for path, field in [*field_paths(model, depth), ("pk", model._meta.pk), ("nonsense", None)]:
        for lookup in {*lookups_of(field), "regex", "iregex", "year", "year__gt", "date__year", "nonsense"}:
            yield "__".join(filter(None, (path, lookup)))


@pytest.fixture
def browser(superuser: User) -> Client:
    return signed_in(superuser, raise_request_exception=False)


def changelist(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_every_list_of_the_admin_is_closed() -> None:
    assert [
        name for (_, page), name in zip(LISTS, LIST_NAMES, strict=True) if not isinstance(page, ClosedQueryMixin)
    ] == []


@pytest.mark.parametrize(("model", "page"), LISTS, ids=LIST_NAMES)
def test_only_the_filters_that_a_list_offers_can_be_asked(model: type[Model], page: Any, superuser: User) -> None:
    request = RequestFactory().get("/")
    request.user = superuser
    offered = page.filter_parameters(request)
    allowed = {lookup for lookup in every_lookup(model) if page.lookup_allowed(lookup, "x", request)}
    assert allowed <= offered
    assert not page.lookup_allowed("pk", "x")
    patterns = {lookup for lookup in offered if lookup.rpartition("__")[2] in PATTERNS}
    assert patterns == set()


def status_of(page: Any, user: User, query: dict[str, Any]) -> int:
    """What the list answers, without the time that writing its page takes."""
    request = RequestFactory().get("/", query)
    request.user = user
    try:
        changes = page.get_changelist_instance(request)
        assert changes.result_count == len(list(changes.result_list))
    except Exception as error:
        refusal = as_error(error)
        if refusal is None:
            raise
        return refusal.status
    return 200


@pytest.mark.parametrize(("model", "page"), LISTS, ids=LIST_NAMES)
def test_what_is_not_offered_is_refused(model: type[Model], page: Any, superuser: User) -> None:
    request = RequestFactory().get("/")
    request.user = superuser
    offered = page.filter_parameters(request)
    for path, _ in field_paths(model, depth=0):
        for lookup in ("", "__regex", "__year", "__gt"):
            if path + lookup not in offered:
                assert status_of(page, superuser, {path + lookup: "-1"}) == 400, path + lookup


@pytest.mark.parametrize(("model", "page"), LISTS, ids=LIST_NAMES)
def test_no_value_of_what_is_offered_is_a_fault(model: type[Model], page: Any, superuser: User) -> None:
    request = RequestFactory().get("/")
    request.user = superuser
    for name in page.filter_parameters(request):
        for value in RUBBISH:
            assert status_of(page, superuser, {name: value}) in (200, 400), (name, value[:40])
        assert status_of(page, superuser, {name: ["1", "2"]}) == 400


@pytest.mark.parametrize("value", RUBBISH, ids=range(len(RUBBISH)))
def test_no_value_of_what_every_list_takes_is_a_fault(browser: Client, value: str) -> None:
    for name in ("o", "q", "p", "all", "e", "_to_field", "_popup", "_facets", "_changelist_filters", ""):
        assert browser.get("/admin/accounts/user/", {name: value}).status_code in (200, 400), name


def test_a_refusal_says_what_the_list_offers(browser: Client) -> None:
    text = browser.get("/admin/accounts/user/?password__regex=^md5").content.decode()
    assert "This list has no filter" in text
    assert "is_active__exact" in text


@pytest.mark.parametrize("year", ["-1", "0", "1", "9999", "10000", "9" * 5_000, "x"])
def test_a_year_that_is_none_is_refused(browser: Client, year: str) -> None:
    for query in (f"attempt_time__year={year}", f"attempt_time__year=2026&attempt_time__month=1{year}3"):
        assert browser.get(f"/admin/axes/accessattempt/?{query}").status_code == 400
    assert browser.get("/admin/axes/accessattempt/?attempt_time__month=3").status_code == 400
    assert browser.get("/admin/axes/accessattempt/?attempt_time__year=2026&attempt_time__month=2").status_code == 200


def test_no_password_can_be_read_out_letter_by_letter(browser: Client) -> None:
    for address in (
        "/admin/accounts/user/?password__regex=^md5", "/admin/accounts/user/?password__startswith=m",
        "/admin/accounts/apitoken/?digest__gt=7", "/admin/accounts/apitoken/?user__password__regex=^m",
        "/admin/cases/case/?assignee__password__regex=^(((a%2B)%2B)%2B)%2B$", "/admin/accounts/user/?_to_field=password",
    ):  # fmt: skip
        assert browser.get(address).status_code == 400, address


def test_an_object_is_opened_by_its_key_only(browser: Client, superuser: User) -> None:
    page = f"/admin/accounts/user/{superuser.pk}/change/"
    assert browser.get(page, {"_to_field": "id"}).status_code == 200
    for name in ("password", "email", "session_epoch", "nonsense", "\x00"):
        assert browser.get(page, {"_to_field": name}).status_code == 400
    for value in RUBBISH:
        assert browser.get(page, {"_changelist_filters": value, "_popup": value}).status_code == 200


@pytest.mark.parametrize(("model", "page"), LISTS, ids=LIST_NAMES)
def test_an_address_fills_in_no_form(model: type[Model], page: Any) -> None:
    query = {path: "filled in by another" for path, _ in field_paths(model, depth=0)}
    assert page.get_changeform_initial_data(RequestFactory().get("/", query)) == {}


def test_nothing_is_completed_for_whoever_asks(browser: Client) -> None:
    asked = {"app_label": "accounts", "model_name": "apitoken", "field_name": "user", "term": "a"}
    assert browser.get("/admin/autocomplete/", asked).status_code == 404
