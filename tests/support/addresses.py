"""Every address of the product, from Django's own resolver: nothing can be served that is not in this list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Address:
    """One URL pattern. `name` has its namespaces; `route` is what the browser asks for, with its arguments."""

    name: str
    route: str
    methods: tuple[str, ...]


def addresses() -> list[Address]:
    return sorted(set(_walk(get_resolver(), "", "")), key=lambda address: (address.route, address.methods))


def _walk(resolver: URLResolver, route: str, space: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, (space, pattern.namespace or "")))
            yield from _walk(pattern, here, inner)
        else:
            name = ":".join(filter(None, (space, pattern.name or "")))
            yield Address(name=name, route=here, methods=_methods(pattern))


def _methods(pattern: URLPattern) -> tuple[str, ...]:
    """The methods to try: those an API view answers to, GET and POST for a page."""
    callback: Any = pattern.callback
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if view is not None:
        names = ("get", "post", "put", "patch", "delete")
        return tuple(sorted(name.upper() for name in names if name in view.http_method_names and hasattr(view, name)))
    return ("GET", "POST")
