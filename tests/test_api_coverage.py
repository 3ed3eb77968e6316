"""Every view of the API has one of the three shapes, is named by its address, and is run through the shared tests."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from finobs.core.api import SelectorDetail, SelectorList, ServiceAction
from tests.support.api import ApiActionTests, ApiDetailTests, ApiListTests, ApiTests

MODULES = [
    f"{app}.tests.test_api_views"
    for app in ("finobs.accounts", "finobs.ledger", "transactions", "approvals", "detection", "cases")
]
MODULES.append("transactions.tests.test_deliveries_api_views")
MODULES.append("cases.tests.test_work_policies_api_views")
MODULES.append("cases.tests.test_timeline_api_views")
SHAPES: dict[type, type[ApiTests]] = {
    SelectorList: ApiListTests, SelectorDetail: ApiDetailTests, ServiceAction: ApiActionTests
}  # fmt: skip
# Written out, and why: their own docstrings say it. What is run through the shared tests all the same.
WRITTEN_OUT: dict[str, tuple[type[ApiTests], ...]] = {
    "accounts_api:access-token-create": (),
    "detection_api:decision-make": (ApiActionTests,),
    "detection_api:decision-batch": (ApiActionTests,),
}


def api_views() -> dict[str, Any]:
    """Views of the API by the names of their addresses."""
    return dict(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, space: str) -> Iterator[tuple[str, Any]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, pattern.namespace or space)
        elif isinstance(pattern, URLPattern) and space.endswith("_api"):
            callback: Any = pattern.callback
            yield f"{space}:{pattern.name}", callback.cls


def shapes_by_address() -> dict[str, set[type[ApiTests]]]:
    """Which of the shared classes each address is run through."""
    shapes: dict[str, set[type[ApiTests]]] = {}
    for name in MODULES:
        for each in vars(importlib.import_module(name)).values():
            if isinstance(each, type) and issubclass(each, ApiTests) and each.__name__.startswith("Test"):
                shapes.setdefault(each.url, set()).update(shape for shape in SHAPES.values() if issubclass(each, shape))
    return shapes


def expected(name: str, view: type) -> set[type[ApiTests]]:
    if name in WRITTEN_OUT:
        return set(WRITTEN_OUT[name])
    return {tests for shape, tests in SHAPES.items() if issubclass(view, shape)}


def test_every_address_of_the_api_is_run_through_the_shared_tests_of_its_shape() -> None:
    views = api_views()
    assert len(views) > 60
    assert all(expected(name, view) for name, view in views.items() if name not in WRITTEN_OUT), "without a shape"
    wanted = {name: expected(name, view) for name, view in views.items()}
    assert shapes_by_address() == {name: shapes for name, shapes in wanted.items() if shapes}


@pytest.mark.parametrize(("name", "view"), api_views().items())
def test_a_view_is_called_as_its_address_and_says_what_it_answers(name: str, view: type) -> None:
    entity_and_verb = name.split(":")[1]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", entity_and_verb), "<entity>-list, <entity>-detail or <entity>-<verb>"
    assert view.__name__ == "".join(word.capitalize() for word in entity_and_verb.split("-"))
    assert view.__dict__["__doc__"], "the API's description would say nothing of it"


def test_what_has_a_shape_writes_no_read_and_no_write_out() -> None:
    """A view may name a method to describe it; what it does there is `act`."""
    wrong = [
        name
        for name, view in api_views().items()
        if name not in WRITTEN_OUT
        for method in ("get", "post", "put", "patch", "delete")
        if method in vars(view) and "act" not in vars(view)[method].__code__.co_names
    ]
    assert wrong == []
