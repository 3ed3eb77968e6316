"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from finobs.settings.env import BASE_DIR

ROOMS = ("finobs", "transactions", "approvals", "detection", "cases")
MODULES = [
    ".".join(path.relative_to(BASE_DIR).with_suffix("").parts)
    for room in ROOMS
    for path in sorted((BASE_DIR / room).rglob("*.py"))
    if "\n    >>> " in (text := path.read_text()) or "\n>>> " in text
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_hold(name):
    found = doctest.testmod(import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


def test_there_are_examples():
    assert "cases.workflow" in MODULES
