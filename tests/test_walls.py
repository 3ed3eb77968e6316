"""The walls that import-linter cannot see: who writes what, and by which way (architecture, sections 3 and 4)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from finobs.settings.env import BASE_DIR

APPS = (
    "cases",
    "detection",
    "approvals",
    "transactions",
    "exports",
    "agents",
    "accounts",
    "ledger",
    "core",
    "embedded",
    "demo",
)
ROOMS = [BASE_DIR / name if (BASE_DIR / name).is_dir() else BASE_DIR / "finobs" / name for name in APPS]
ASIDE = {"tests", "migrations"}
FILES = [path for room in ROOMS for path in sorted(room.rglob("*.py")) if not ASIDE & set(path.parts)]
AUDITED = {model.__name__: model for model in apps.get_models() if hasattr(model, "history")}
# How one gets from another row to audited ones: queue.cases, source.batches.
ACCESSORS = {
    relation.get_accessor_name()
    for model in apps.get_models()
    for relation in model._meta.related_objects
    if relation.related_model in AUDITED.values() and relation.related_name != "+"
}
AROUND_HISTORY = {"update", "delete", "bulk_create", "bulk_update", "raw", "aupdate", "adelete"}
# What these names stand for keeps no history, or is what saves with it (cases' frame).
NOT_AUDITED = {"alarm", "answer", "batch", "case_locking", "held", "known", "lease", "row", "run", "session", "token"}
PRIVATE = {"views", "forms", "api", "tasks", "admin", "urls", "api_urls", "serializers", "filters", "management"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in FILES:
        yield path.relative_to(BASE_DIR), ast.parse(path.read_text())


def chain(node: ast.AST) -> list[str]:
    """The names of a.b(x).c as ["a", "b", "c"]."""
    names: list[str] = []
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        node = node.func if isinstance(node, ast.Call) else node.value
    return [*([node.id] if isinstance(node, ast.Name) else []), *reversed(names)]


def calls(tree: ast.AST) -> Iterator[tuple[int, list[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, chain(node.func)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def around_history(tree: ast.AST) -> list[int]:
    return [
        line
        for line, names in calls(tree)
        if names[-1:] and names[-1] in AROUND_HISTORY and (names[0] in AUDITED or ACCESSORS & set(names[1:-1]))
    ]


def saves_without_actor(tree: ast.AST) -> list[int]:
    """Lines that save a row without saying in whose name its history shall be."""
    found = []
    for function in functions(tree):
        named = {
            target.value.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Attribute)
            and target.attr == "_history_user"
            and isinstance(target.value, ast.Name)
        }
        for line, names in calls(function):
            if len(names) == 2 and names[1] == "save" and names[0] not in named | NOT_AUDITED:
                found.append(line)
    return found


def listed(found: Iterator[tuple[Path, list[int]]]) -> list[str]:
    return [f"{path}:{line}" for path, lines in found for line in lines]


def test_nothing_is_written_around_the_history_of_an_audited_model():
    assert {"Case", "Queue", "ApprovalRequest", "Rule", "Source", "QuarantinedRow", "User"} <= set(AUDITED)
    assert "cases" in ACCESSORS
    assert listed((path, around_history(tree)) for path, tree in trees()) == []


def test_every_save_of_an_audited_row_names_the_actor():
    """But for models.py, where `createsuperuser` makes the first person: nobody is there yet to be named."""
    assert listed((path, saves_without_actor(tree)) for path, tree in trees() if path.name != "models.py") == []


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("Case.objects.filter(pk=1).update(status='closed')", around_history),
        ("queue.cases.all().delete()", around_history),
        ("Queue.objects.bulk_create(rows)", around_history),
        ("def change(queue):\n    queue.save()", saves_without_actor),
    ],
)
def test_the_checks_above_find_what_they_are_for(code, check):
    assert len(check(ast.parse(code))) == 1


def test_views_and_api_ask_selectors_and_services_only():
    """No ORM and no permission check of their own. `objects.none()` tells the API's description of the model."""
    wrong = []
    for path, tree in trees():
        if "views" not in path.parts and path.name not in ("views.py", "api.py"):
            continue
        if path.parts[:2] == ("finobs", "core"):
            continue
        asked = [
            line
            for line, names in calls(tree)
            if names[:1] == ["access"] or ("objects" in names and names[-2:] != ["objects", "none"])
        ]
        wrong += [f"{path}:{line}" for line in asked]
    assert wrong == []


def test_another_app_is_used_by_its_selectors_services_and_models():
    wrong = []
    for path, tree in trees():
        own = path.parts[1] if path.parts[0] == "finobs" else path.parts[0]
        if own in ("embedded", "demo"):  # composition: it may use every room
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not node.module or node.level:
                continue
            parts = node.module.removeprefix("finobs.").split(".")
            names = {*parts[1:], *(alias.name for alias in node.names)}
            if parts[0] in APPS and parts[0] not in (own, "core") and PRIVATE & names:
                wrong.append(f"{path}:{node.lineno} {node.module}")
    assert wrong == []


def test_only_dispatch_sends_tasks_and_only_the_clock_tells_the_time():
    wrong = []
    for path, tree in trees():
        for line, names in calls(tree):
            sends = (
                names[-1:]
                and names[-1] in ("delay", "apply_async", "send_task", "s", "si")
                and path.name != "dispatch.py"
            )
            tells = names[-2:] in (["datetime", "now"], ["timezone", "now"], ["date", "today"], ["datetime", "utcnow"])
            if sends or (tells and path.name != "clock.py"):
                wrong.append(f"{path}:{line} {'.'.join(names)}")
    assert wrong == []


def services() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path, tree in trees():
        for function in functions(tree):
            if "service" in [chain(each)[-1] for each in function.decorator_list if chain(each)]:
                yield f"{path}:{function.name}", function


# Acts of finobs itself, of whoever holds a link, and of a call whose shape the registry of approvals fixes.
NO_ACTOR = {
    "group_alerts", "ensure_default_queue", "password_set", "sign_in_failed", "close_approved", "_refresh",
    "claim", "finish", "fail", "reschedule", "wake", "reassessment_begin", "reassess_part",
}  # fmt: skip


def test_every_service_takes_an_actor_by_keyword_and_says_what_it_does():
    known = dict(services())
    assert len(known) > 30
    public = {name: function for name, function in known.items() if not function.name.startswith("_")}
    assert [name for name, function in public.items() if not ast.get_docstring(function)] == []
    bound = {name: function for name, function in known.items() if function.name not in NO_ACTOR}
    assert [name for name, function in bound.items() if function.args.args] == []
    assert [
        name
        for name, function in bound.items()
        if ("actor", None)
        not in zip((each.arg for each in function.args.kwonlyargs), function.args.kw_defaults, strict=True)
    ] == []
