"""No test passes in which the product writes an audited row around `core.history`: what a row is decides, not its name.

Every statement that writes a table with a history is looked at, however it was made (a save, an update of a queryset,
SQL by hand; COPY, which no audited model is loaded with, goes another way). Its caller is the innermost frame of this repository. Tests and their factories set scenes that no
service would, and may; of the product only `core.history` may, and what EXCEPTIONS names. The root conftest loads this.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from django.apps import apps
from django.db.backends.utils import CursorWrapper

from finobs.settings.env import BASE_DIR

HISTORY: Final = "finobs/core/history.py"
# `createsuperuser` makes the first person: nobody is there yet in whose name it could be. Factories use it too.
EXCEPTIONS: Final = frozenset({("finobs/accounts/models.py", "create_user")})
# What writes for others: whoever called it is asked for.
INFRASTRUCTURE: Final = ("finobs/core/db/", "tests/support/")
WRITE: Final = re.compile(r"\b(?:INSERT(?: OR \w+)? INTO|REPLACE INTO|UPDATE|DELETE FROM)\s+\"?(\w+)")


class SavedAroundHistory(AssertionError):
    """The product wrote an audited row, and nobody's name is in its history."""


@cache
def audited_tables() -> frozenset[str]:
    """Tables of models that keep history, and of the many-to-many fields that it tracks."""
    models = [model for model in apps.get_models() if hasattr(model._meta, "simple_history_manager_attribute")]
    tables = {model._meta.db_table for model in models}
    for model in models:
        tables |= {
            field.remote_field.through._meta.db_table
            for field in model.history.model._history_m2m_fields  # type: ignore[attr-defined]
        }
    return frozenset(tables)


def check(sql: str) -> None:
    """Raise SavedAroundHistory if `sql` writes an audited table, and who sent it may not."""
    if not sql.lstrip().startswith(("INSERT", "REPLACE", "UPDATE", "DELETE", "WITH")):
        return
    tables = audited_tables() & set(WRITE.findall(sql))
    if tables and not may_write(*caller()):
        raise SavedAroundHistory(f"{':'.join(caller())} writes {', '.join(sorted(tables))}; use finobs.core.history")


def may_write(path: str, function: str) -> bool:
    return (
        path in ("", HISTORY)
        or is_test(path)
        or "migrations" in Path(path).parts
        or (path, function) in EXCEPTIONS
    )  # fmt: skip


def is_test(path: str) -> bool:
    parts = Path(path).parts
    return "tests" in parts or parts[-1:] == ("conftest.py",)


def caller(passing: tuple[str, ...] = ()) -> tuple[str, str]:
    """File and function of the innermost frame of this repository that writes for itself; empty without one.

    `passing`: files that work for their caller too.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        path = own_path(frame.f_code.co_filename)
        if path and not path.startswith((*INFRASTRUCTURE, *passing)):
            return path, frame.f_code.co_name
        frame = frame.f_back
    return "", ""


@cache
def own_path(filename: str) -> str:
    """`filename` from the root of the repository; empty for a library's."""
    root = f"{BASE_DIR}/"
    return filename.removeprefix(root) if filename.startswith(root) and "site-packages" not in filename else ""


@pytest.fixture(scope="session", autouse=True)
def _guard_history() -> Iterator[None]:
    execute = CursorWrapper._execute_with_wrappers  # type: ignore[attr-defined]

    def guarded(self: Any, sql: Any, *args: Any, **kwargs: Any) -> Any:
        check(str(sql))
        return execute(self, sql, *args, **kwargs)

    CursorWrapper._execute_with_wrappers = guarded  # type: ignore[attr-defined]
    yield
    CursorWrapper._execute_with_wrappers = execute  # type: ignore[attr-defined]
