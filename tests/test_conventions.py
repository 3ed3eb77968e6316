"""One convention for each layer, in every app (architecture, section 4)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.test_walls import PAGES, functions, is_kind, is_of_kind, trees

# What answers people and machines: it reads by selectors.
DOORS = (*PAGES, "serializers", "consumers", "templatetags")
MAX_VIEW_LINES = 20
VIEW_DECORATORS = {"login_required", "require_GET", "require_POST", "require_http_methods", "require_safe"}


def app_of(path: Path) -> str:
    return ".".join(path.parts[:2]) if path.parts[0] == "finobs" else path.parts[0]


def is_door(path: Path) -> bool:
    return is_of_kind(path, DOORS)


def public_functions(name: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of every module of this name, or of a subject (`unit_selectors`), or in a package of it."""
    for path, tree in trees():
        if is_of_kind(path, (name,)):
            for node in tree.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield f"{path}:{node.name}", node


def imported(tree: ast.AST) -> Iterator[tuple[int, int, str, list[str]]]:
    """(line, level, module, names) of every `from ... import`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.lineno, node.level, node.module or "", [alias.name for alias in node.names]


def test_a_selector_is_asked_by_somebody() -> None:
    selectors = dict(public_functions("selectors"))
    assert len(selectors) > 60
    first = {name: [each.arg for each in node.args.args][:1] for name, node in selectors.items()}
    assert {name for name, arguments in first.items() if arguments != ["user"]} == set()


def test_a_query_is_asked_by_nobody_and_no_door_calls_one() -> None:
    queries = dict(public_functions("queries"))
    assert queries
    assert [name for name, node in queries.items() if {"user", "actor"} & {each.arg for each in node.args.args}] == []
    wrong = [
        f"{path}:{line}"
        for path, tree in trees()
        if is_door(path) and app_of(path) != "finobs.core"  # which has no rows of anybody's
        for line, _, module, names in imported(tree)
        if "queries" in names or is_kind(module.split(".")[-1], ("queries",))
    ]
    assert wrong == []


def test_imports_inside_an_app_are_relative_and_never_reach_out_of_it() -> None:
    wrong = []
    for path, tree in trees():
        app = app_of(path)
        depth = len(path.parts) - len(app.split("."))
        for line, level, module, _ in imported(tree):
            is_own = not level and (module == app or module.startswith(f"{app}."))
            if is_own or level > depth:
                wrong.append(f"{path}:{line}")
    assert wrong == []


def test_a_page_view_is_short_and_leaves_refusals_to_submit() -> None:
    long, catching = [], []
    for path, tree in trees():
        if not is_of_kind(path, ("views",)):
            continue
        for function in functions(tree):
            named = {ast.unparse(each).split("(")[0] for each in function.decorator_list}
            if not VIEW_DECORATORS & named:
                continue
            if (function.end_lineno or 0) - function.lineno + 1 > MAX_VIEW_LINES:
                long.append(f"{path}:{function.name}")
            catching += [f"{path}:{node.lineno}" for node in ast.walk(function) if isinstance(node, ast.Try)]
    assert long == []
    assert catching == []
