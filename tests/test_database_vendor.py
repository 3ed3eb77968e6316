"""Who may ask which database it is: `finobs/core/db/`, and what is named here. Everything else works on either."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from finobs.settings.env import BASE_DIR

HOME = "finobs/core/db/"
# `triggers.py` is SQL by its name, and settings choose the database; each other file has its reason.
MAY_ASK = {
    "approvals/triggers.py": "triggers are written in each database's own language",
    "finobs/ledger/triggers.py": "triggers are written in each database's own language",
    "finobs/settings/base.py": "the engine and its options",
    "finobs/settings/env.py": "says which databases there are",
    "finobs/settings/local.py": "the embedded mode's database",
    "finobs/settings/production.py": "accepts PostgreSQL only",
    "finobs/settings/test.py": "the tests' database",
    "finobs/core/health.py": "tells operators which database answers",
    "detection/performance/score_queries.py": "an expression of Django's, with its form for SQLite",
    "tests/benchmarks/registry.py": "makes a throw-away database, and names it in its report",
    "tests/benchmarks/server.py": "starts a server on that database",
}
ATTRIBUTES = {"vendor", "is_postgresql", "as_sqlite", "as_postgresql", "display_name"}
LIBRARIES = {"sqlite3", "psycopg"}
TEXTS = ("sqlite", "psycopg", "postgresql")
NOT_THE_PRODUCT = {".venv", "var", "node_modules", "migrations"}


def product_files() -> list[str]:
    """Python files of the product and of its benchmarks; tests may ask what they like."""
    paths = [path.relative_to(BASE_DIR) for path in BASE_DIR.rglob("*.py")]
    return sorted(path.as_posix() for path in paths if not NOT_THE_PRODUCT & set(path.parts) and not is_test(path))


def is_test(path: Path) -> bool:
    folders = path.parts[:-1]
    if folders[:2] == ("tests", "benchmarks"):
        folders = folders[2:]
    return "tests" in folders or path.name == "conftest.py"


def asks(code: str) -> set[str]:
    """What in a file's code tells the databases apart; its docstrings and comments may speak of them."""
    tree = ast.parse(code)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return {sign for node in ast.walk(tree) if id(node) not in docstrings for sign in signs_of(node)}


def signs_of(node: ast.AST) -> set[str]:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.FunctionDef(name=name):
            # A variable of its own may be called vendor: only asked of something it tells databases apart.
            return {name} & (ATTRIBUTES if isinstance(node, ast.Attribute) else ATTRIBUTES - {"vendor", "display_name"})
        case ast.alias(name=name):
            return ({name.partition(".")[0]} & LIBRARIES) | ({name} & {"is_postgresql"})
        case ast.ImportFrom(module=str(module)):
            return {module.partition(".")[0]} & LIBRARIES
        case ast.Constant(value=str(text)):
            return {each for each in TEXTS if each in text}
    return set()


def may_ask(path: str) -> bool:
    return path.startswith(HOME) or path in MAY_ASK


@pytest.mark.parametrize("path", product_files())
def test_a_file_asks_for_the_vendor_only_where_it_may(path: str) -> None:
    signs = asks((BASE_DIR / path).read_text())
    assert not signs or may_ask(path), f"{path} has {sorted(signs)}: what differs between databases is for {HOME}"


@pytest.mark.parametrize("path", MAY_ASK)
def test_a_file_of_the_list_exists_and_asks(path: str) -> None:
    assert asks((BASE_DIR / path).read_text()), f"{path} does not ask any more: take it from the list"


def test_beside_triggers_and_settings_two_files_of_the_product_ask() -> None:
    """Three at most: the fourth is a reason to think of `core/db` again."""
    others = [
        path
        for path in MAY_ASK
        if not path.endswith("/triggers.py") and not path.startswith(("finobs/settings/", "tests/"))
    ]
    assert others == ["finobs/core/health.py", "detection/performance/score_queries.py"]


def test_the_whole_product_is_looked_at() -> None:
    files = product_files()
    assert len(files) > 400
    assert {"transactions/bulk_load.py", "finobs/core/db/dialect.py", "tests/benchmarks/server.py"} <= set(files)
    assert not [path for path in files if path.endswith("tests/test_database_vendor.py")]


@pytest.mark.parametrize(
    "code",
    [
        "x = connection.vendor == 'p'", "def as_sqlite(self): pass", "from .dialect import is_postgresql",
        "dialect.is_postgresql()", "import sqlite3", "import psycopg.errors", "from psycopg import sql",
        "x = 'sqlite' in engine", "x = connection.display_name", "x = f'{y} postgresql'",
    ],
)  # fmt: skip
def test_code_that_tells_the_databases_apart_is_noticed(code: str) -> None:
    assert asks(code)


@pytest.mark.parametrize(
    "code",
    [
        '"""On SQLite."""',
        '"""On sqlite."""',
        "# sqlite",
        "def f():\n    'psycopg'",
        "vendor = 1",
        "from x import any_of",
    ],
)
def test_code_that_only_speaks_of_them_is_not(code: str) -> None:
    assert not asks(code)
