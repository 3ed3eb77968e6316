"""The walls that import-linter cannot see: who writes what, and by which way (architecture, sections 3 and 4)."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

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
# What answers people and machines.
PAGES = ("views", "api", "admin", "forms")
# A field of forms of the back office, which know no user: their pages have asked who configures, and they see all units.
UNIT_FIELD = "finobs/accounts/unit_form.py"
PRIVATE = ("views", "forms", "api", "tasks", "admin", "urls", "api_urls", "serializers", "filters", "management")


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in FILES:
        yield path.relative_to(BASE_DIR), ast.parse(path.read_text())


def is_kind(name: str, kinds: Iterable[str]) -> bool:
    """Is a module or a folder one of these: `api`, or of a subject of its own, `incident_api`?"""
    return any(name == kind or name.endswith(f"_{kind}") for kind in kinds)


def is_of_kind(path: Path, kinds: Iterable[str]) -> bool:
    return any(is_kind(name, kinds) for name in (*path.parts[:-1], path.stem))


def makes_forms(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "django" and "forms" in {each.name for each in node.names}
        for node in ast.walk(tree)
    )


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


def test_one_place_signs_the_history_of_a_row():
    """Saves themselves are watched by type: by `tests.support.mypy_history`, and while tests run by `history_guard`."""
    signing = [
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant | ast.Attribute)
        and "_history_user" in (getattr(node, "value", ""), getattr(node, "attr", ""))
    ]
    assert set(signing) == {"finobs/core/history.py"}
    writers = [str(path) for path, tree in trees() for _, names in calls(tree) if "bulk_history_create" in names]
    assert writers == ["finobs/core/history.py"]


@pytest.mark.parametrize(
    ("file", "is_page"),
    [
        ("cases/api.py", True), ("cases/incident_api.py", True), ("cases/views/page.py", True),
        ("transactions/parties/resolution_views.py", True), ("transactions/rate_admin.py", True),
        ("cases/policy_forms.py", True), ("cases/policies/selectors.py", False), ("transactions/reviews.py", False),
    ],
)  # fmt: skip
def test_pages_are_known_by_their_names_whatever_subject_stands_before(file, is_page):
    assert is_of_kind(Path(file), PAGES) is is_page


def test_pages_api_and_back_office_ask_selectors_and_services_only():
    """No ORM and no permission check of their own. `objects.none()` tells the API's description of the model, and an
    empty choice. Of core they are the machinery that the others stand on."""
    wrong = []
    for path, tree in trees():
        is_page = is_of_kind(path, PAGES) or (makes_forms(tree) and not is_of_kind(path, ("filters",)))
        if path.parts[:2] == ("finobs", "core") or str(path) == UNIT_FIELD or not is_page:
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
            if parts[0] in APPS and parts[0] not in (own, "core") and any(is_kind(each, PRIVATE) for each in names):
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
    "gather_alerts", "delivery_fault_gather", "_wake", "ensure_default_queue", "password_set", "sign_in_failed", "_refresh",
    "close_approved", "promote_approved", "retire_approved",
    "claim", "finish", "fail", "reschedule", "wake", "reassessment_begin", "overlaps_record", "reassess_part",
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
