"""What every event says: the table of docs/ledger.md names every action that the product records, and no other.

That each event has exactly the fields of its row is checked while every test runs (tests/support/event_guard.py).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.apps import apps

from finobs.ledger.services import NewEvent
from finobs.settings.env import BASE_DIR
from tests.support import event_guard, history_guard
from tests.support.event_guard import EventFields, UndocumentedEvent, documented

APPS = ("finobs", "transactions", "approvals", "detection", "cases", "exports", "agents")
FIELDS = EventFields("cases.case", frozenset({"to", "from"}), frozenset({"approval"}))


@cache
def sources() -> list[ast.AST]:
    paths = [path.relative_to(BASE_DIR) for app in APPS for path in sorted((BASE_DIR / app).rglob("*.py"))]
    return [ast.parse((BASE_DIR / path).read_text()) for path in paths if not {"tests", "migrations"} & set(path.parts)]


def nodes() -> Iterator[ast.AST]:
    for tree in sources():
        yield from ast.walk(tree)


def recorded_actions() -> set[str]:
    """Actions that the source names where it records an event."""
    actions: set[str] = set()
    for node in nodes():
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        values: list[Any] = [keyword.value for keyword in node.keywords if keyword.arg == "action"]
        values = values if name == "record" else node.args[:1] if name == "NewEvent" else []
        actions |= {str(value.value) for value in values if isinstance(value, ast.Constant)}
    return actions


def named_actions() -> list[re.Pattern[str]]:
    """Whatever could name an action in the source: texts, and texts with a part that is filled in."""
    texts = {node.value for node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    patterns = [re.escape(text) for text in texts if re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", text)]
    for node in nodes():
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            prefix = str(node.values[0].value)
            patterns += [re.escape(prefix) + "[a-z_]+"] if re.fullmatch(r"[a-z_]+\.", prefix) else []
    return [re.compile(pattern) for pattern in patterns]


def test_every_recorded_action_is_documented() -> None:
    assert len(recorded_actions()) > 30
    assert recorded_actions() - set(documented()) == set()


def test_every_documented_action_is_named_in_the_source() -> None:
    patterns = named_actions()
    assert [action for action in documented() if not any(each.fullmatch(action) for each in patterns)] == []


def test_every_documented_subject_is_a_model_or_a_key() -> None:
    models = {model._meta.label_lower for model in apps.get_models()}
    assert {row.subject for rows in documented().values() for row in rows} - models == {"ledger.key"}


@pytest.mark.parametrize(
    ("subject", "names", "fault"),
    [
        ("cases.case", {"to", "from"}, ""),
        ("cases.case", {"to", "from", "approval"}, ""),
        ("cases.case", {"to"}, "does not say from"),
        ("cases.case", set(), "does not say from, to"),
        ("cases.case", {"to", "from", "reason"}, "says reason"),
        ("cases.queue", {"to", "from"}, "is about cases.queue, not cases.case"),
    ],
)
def test_the_guard_compares_an_event_with_its_row(subject: str, names: set[str], fault: str) -> None:
    assert FIELDS.fault(subject, names) == fault


def test_an_event_of_optional_fields_says_at_least_one() -> None:
    row = EventFields("cases.queue", frozenset(), frozenset({"name", "slug"}))
    assert (row.fault("cases.queue", set()), row.fault("cases.queue", {"name"})) == ("says nothing", "")


@pytest.mark.parametrize(
    ("action", "data"),
    [("case.assign", {}), ("case.assign", {"to": "1", "from": "2", "reason_digest": "", "x": 1}), ("x", {})],
)
def test_the_guard_refuses_an_event_of_the_product_that_is_not_as_documented(
    monkeypatch: pytest.MonkeyPatch, action: str, data: dict[str, Any]
) -> None:
    monkeypatch.setattr(history_guard, "caller", lambda *_: ("cases/services/x.py", "assign"))
    with pytest.raises(UndocumentedEvent, match=action):
        event_guard.check(NewEvent(action, ("cases.case", "1"), data))
    event_guard.check(
        NewEvent("case.assign", ("cases.case", "1"), {"to": "1", "from": None, "reason_digest": "0" * 64})
    )


def test_the_guide_to_accounts_says_of_its_events_what_the_table_says():
    text = (BASE_DIR / "docs" / "accounts.md").read_text().split("\n## Events\n", 1)[1].split("\n## ")[0]
    names = {
        action for action, rows in documented().items() if any(row.subject.startswith("accounts.") for row in rows)
    }
    named = re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`(?: \(([^)]*)\))?", text.split(". In parentheses")[0])
    assert {action for action, _ in named} == names
    for action, told in named:
        fields = set(re.findall(r"`([a-z_]+)`", told))
        assert bool(fields) == bool(told), f"{action}: {told} is no field"
        assert fields <= set().union(*(row.required | row.optional for row in documented()[action])), action
