"""No two files import one another, neither directly nor by way of others, also not inside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from finobs.settings.env import BASE_DIR

ROOMS = ("finobs", "transactions", "approvals", "detection", "cases", "exports", "agents")
ASIDE = {"tests", "migrations"}
MODULES = {
    ".".join(path.relative_to(BASE_DIR).with_suffix("").parts).removesuffix(".__init__"): path
    for room in ROOMS
    for path in (BASE_DIR / room).rglob("*.py")
    if not ASIDE & set(path.parts)
}
Graph = dict[str, set[str]]


def imports(tree: ast.Module, module: str, *, is_package: bool) -> Iterator[tuple[str, str]]:
    """(module, name) of each import, wherever it stands but under TYPE_CHECKING; the name is empty for `import a.b`."""
    aside = {id(inner) for node in ast.walk(tree) if is_type_checking(node) for inner in ast.walk(node)}
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if id(node) in aside:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((origin, alias.name) for alias in node.names)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def graph(sources: dict[str, tuple[str, bool]]) -> Graph:
    """Which modules each module imports. `sources`: text of a module, and whether it is a package."""
    edges: Graph = {}
    for module, (text, is_package) in sources.items():
        targets = set()
        for origin, name in imports(ast.parse(text), module, is_package=is_package):
            target = f"{origin}.{name}" if f"{origin}.{name}" in sources else origin
            if target in sources and target != module:
                targets.add(target)
        edges[module] = targets
    return edges


def cycles(edges: Graph) -> list[list[str]]:
    """Modules that lead back to themselves, each circle once."""

    @cache
    def reachable(start: str) -> frozenset[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            new = edges[waiting.pop()] - seen
            seen |= new
            waiting += new
        return frozenset(seen)

    circles = {frozenset(b for b in reachable(a) if a in reachable(b)) for a in edges if a in reachable(a)}
    return sorted(sorted(circle) for circle in circles)


def test_no_file_imports_itself_by_way_of_others() -> None:
    sources = {name: (path.read_text(), path.name == "__init__.py") for name, path in MODULES.items()}
    assert len(sources) > 250
    edges = graph(sources)
    assert "approvals.registry" in edges["cases.approval_actions"]
    assert cycles(edges) == []


def test_a_circle_is_found_wherever_the_import_stands() -> None:
    sources = {
        "app": ("from .a import x", True),
        "app.a": ("from . import b", False),
        "app.b": ("def act():\n    from app.c import y", False),
        "app.c": ("import app.a", False),
        "app.d": ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .e import z", False),
        "app.e": ("from .d import z\nfrom .b import act", False),
    }
    assert cycles(graph(sources)) == [["app.a", "app.b", "app.c"]]


def test_a_package_and_its_module_are_two_files() -> None:
    sources = {
        "files": ("from .csv import rows", True),
        "files.csv": ("from . import RowFile", False),
        "files.row": ("", False),
    }
    assert cycles(graph(sources)) == [["files", "files.csv"]]
    sources["files.csv"] = ("from .row import RowFile", False)
    assert cycles(graph(sources)) == []


def test_every_room_is_looked_at() -> None:
    assert {name.split(".")[0] for name in MODULES} == {room for room in ROOMS if Path(BASE_DIR / room).is_dir()}
