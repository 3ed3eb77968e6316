"""One word runs through a page: the address `cases:case-close` is served by the view `case_close`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from detection.ml.registry.workflow import HUMAN_STEPS

# One view for the steps of a version's life: `workflow` says what each does.
STEPS = {f"detection:model-{step.action}" for step in HUMAN_STEPS}
LIBRARIES = {"admin"}
# One view for what is done to either kind of work item; the queue of each is one page, and so are those of a subject.
KINDS = ("case-", "incident-")
BY_KIND = {
    "cases:queue-triage": "queue_work", "cases:customer-cases": "customer_items",
    "cases:customer-incidents": "customer_items", "cases:account-cases": "account_items",
    "cases:account-incidents": "account_items",
}  # fmt: skip


def pages(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, Any]]:
    """(name, view) of every page of the apps."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern, pattern.namespace or space)
        elif isinstance(pattern, URLPattern) and space and space not in LIBRARIES and not space.endswith("_api"):
            yield f"{space}:{pattern.name}", pattern.callback


def test_a_page_is_served_by_the_view_of_its_name() -> None:
    served = dict(pages())
    assert len(served) > 60
    views = {name: view.__name__ for name, view in served.items() if name not in STEPS}
    assert views == {name: _view_of(name, view) for name, view in views.items()}
    assert {served[name].__name__ for name in STEPS} == {"model_step"}


def _view_of(name: str, view: str) -> str:
    space, page = name.split(":")
    kind = next((each for each in KINDS if space == "cases" and page.startswith(each)), "")
    if kind and view.startswith(("item_", "note_")):
        return ("" if view.startswith("note_") else "item_") + page.removeprefix(kind).replace("-", "_")
    return BY_KIND.get(name, page.replace("-", "_"))
