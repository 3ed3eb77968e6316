"""One name, one meaning, in every app; and names that say what is held (architecture, section 5)."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from itertools import combinations
from pathlib import Path

from django.apps import apps

from finobs.settings.env import BASE_DIR
from tests.test_conventions import app_of
from tests.test_walls import trees

# Names of classes and constants that two apps may share, and why.
SHARED_NAMES = {
    "Command": "Django finds a management command by this name",
    "TRANSITIONS": "the table of every workflow.py",
    "BY_ACTION": "the same table by its actions, in every workflow.py",
    "HUMAN_STEPS": "the steps of the same table that people take, in every workflow.py",
    "CHUNK": "how many rows one step of a long read takes; of no meaning outside its module",
    "TRANSACTION_COLUMNS": "columns of one table: transactions writes all of them, detection reads some",
}
# Constants that stand twice with the same value, and why.
TWICE = {
    "BUNDLE_FORMAT": "the offline verifier imports nothing of finobs",
    "PROOF_FORMAT": "the offline verifier imports nothing of finobs",
}
# Where Django and DRF keep the classes that their users know by name.
LIBRARY_MODULES = (
    "django.contrib.admin.models", "django.contrib.auth.models", "django.contrib.contenttypes.models",
    "django.contrib.sessions.models", "django.core.exceptions", "django.core.paginator", "django.db.models",
    "django.db.migrations", "django.forms", "django.http", "django.template", "django.test", "django.views.generic",
    "rest_framework.exceptions", "rest_framework.generics", "rest_framework.permissions", "rest_framework.request",
    "rest_framework.response", "rest_framework.serializers", "rest_framework.settings", "rest_framework.throttling",
    "rest_framework.views",
)  # fmt: skip
# Well known too, from apps that finobs does not install.
LIBRARY_NAMES = {"Site", "Redirect", "FlatPage", "Comment", "Token", "Message", "Middleware", "Migration", "Command"}
MODELS_NAMED_AS_LIBRARIES_DO = {
    "User": "the user model of this installation (AUTH_USER_MODEL)",
    "Case": "the field's own term; Django's expression is used nowhere",
}
LIMIT = re.compile(r"^(MOST|LEAST|LONGEST|SHORTEST|LARGEST|FEWEST|FEW|ENOUGH|PATIENCE|AT_ONCE)(_|$)")
PARTICIPLES = {
    "asked", "digested", "found", "given", "gone", "heard", "held", "judged", "kept", "known", "left_over", "made", "meant", "said",
    "seen", "sent", "shown", "taken", "told", "unjudged", "unsaid", "unstated",
    "untold", "wanted", "written",
}  # fmt: skip


def public(name: str) -> bool:
    return not name.startswith("_") and len(name) > 1


def constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of every public constant of a module."""
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = (
                value.elts if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) else [value] * len(names)
            )
            for each, part in zip(names, values, strict=True):
                if isinstance(each, ast.Name) and each.id.isupper() and public(each.id) and part is not None:
                    yield each.id, part


def classes(tree: ast.Module) -> Iterator[str]:
    yield from (node.name for node in tree.body if isinstance(node, ast.ClassDef) and public(node.name))


def stored(tree: ast.AST) -> Iterator[str]:
    """The names that a file gives: of variables, arguments, functions, classes and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def homes() -> dict[str, set[str]]:
    """The apps that use each public name of a class or a constant."""
    homes: dict[str, set[str]] = defaultdict(set)
    for path, tree in trees():
        for name in [*classes(tree), *(name for name, _ in constants(tree))]:
            homes[name].add(app_of(path))
    return homes


def test_a_class_or_a_constant_means_the_same_in_every_app() -> None:
    shared = {name: sorted(homes) for name, homes in homes().items() if len(homes) > 1}
    assert len(homes()) > 600
    assert shared.keys() == SHARED_NAMES.keys(), shared


def test_a_constant_stands_in_one_place() -> None:
    places: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for path, tree in trees():
        for name, value in constants(tree):
            places[name].append((path, ast.dump(value)))
    twice = {
        name: sorted({str(path) for path, _ in rows})
        for name, rows in places.items()
        if any(value == other for (_, value), (_, other) in combinations(rows, 2))
    }
    assert twice.keys() - SHARED_NAMES.keys() == TWICE.keys(), twice


def test_a_model_is_not_named_as_a_class_of_django_or_drf() -> None:
    library = LIBRARY_NAMES | {
        name
        for module in LIBRARY_MODULES
        for name, value in vars(import_module(module)).items()
        if isinstance(value, type)
    }
    assert {"Group", "Permission", "Session", "Request", "Response", "Field", "Throttled"} <= library
    models = {model.__name__ for model in apps.get_models() if (BASE_DIR / model.__module__.split(".")[0]).is_dir()}
    assert len(models) > 50
    assert models & library == MODELS_NAMED_AS_LIBRARIES_DO.keys()


def test_documentation_names_only_files_that_are_there() -> None:
    documents = [BASE_DIR / "README.md", *sorted((BASE_DIR / "docs").rglob("*.md"))]
    files = [str(path.relative_to(BASE_DIR)) for path in BASE_DIR.rglob("*.py") if ".venv" not in path.parts]
    names = {name for path in documents for name in re.findall(r"`([\w/]+/\w+\.py)`", path.read_text())}
    assert len(names) > 15
    assert [name for name in sorted(names) if not any(f"/{file}".endswith(f"/{name}") for file in files)] == []


def test_a_limit_is_named_max_or_min() -> None:
    limits = [f"{path}: {name}" for path, tree in trees() for name in stored(tree) if LIMIT.match(name)]
    assert limits == []


def test_no_participle_stands_for_a_noun() -> None:
    left = [
        f"{path}: {name}" for path, tree in trees() for name in stored(tree) if name.strip("_").lower() in PARTICIPLES
    ]
    assert left == []
