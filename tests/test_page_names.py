"""One word runs through a page: the address `cases:case-close` is served by the view `case_close`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from detection.ml.registry.workflow import HUMAN_STEPS

# One view for the steps of a version's life: `workflow` says what each does.
STEPS = {f"detection:model-{step.action}" for step in HUMAN_STEPS}
LIBRARIES = {"admin"}


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
    assert views == {name: name.split(":")[1].replace("-", "_") for name in views}
    assert {served[name].__name__ for name in STEPS} == {"model_step"}
