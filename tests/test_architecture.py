"""docs/architecture.md says which packages there are, how large they are, and whom each of them knows."""

from __future__ import annotations

import re

import pytest

from finobs.settings.env import BASE_DIR
from tests.support.packages import packages, short

ROW = re.compile(r"^\| `([\w.]+)` \| ([\d,]+) \| ([\d,]+) \| (.*?) \| (.*?) \|$", re.MULTILINE)
DOCUMENTED = {row[0]: row[1:] for row in ROW.findall((BASE_DIR / "docs/architecture.md").read_text())}
PACKAGES = packages()
# A table of sizes is for comparing them: it need not follow every line, but may not mislead either.
TOLERANCE = 0.25


def test_every_package_is_in_the_table_and_no_other() -> None:
    assert set(DOCUMENTED) == set(PACKAGES)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_knows_whom_the_table_says(name: str) -> None:
    assert DOCUMENTED[name][3] == (", ".join(short(each, name) for each in sorted(PACKAGES[name].knows)) or "nothing")


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_what_it_holds_and_is_about_as_large_as_the_table_says(name: str) -> None:
    _, lines, holds, _ = DOCUMENTED[name]
    row = PACKAGES[name]
    assert holds == row.holds != ""
    assert abs(row.lines - int(lines.replace(",", ""))) <= max(TOLERANCE * row.lines, 30)
