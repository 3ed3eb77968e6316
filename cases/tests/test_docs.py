"""The documentation says what the table says."""

from __future__ import annotations

from django.conf import settings

from cases.choices import REASONS_BY_DISPOSITION
from cases.workflow import CASE_TRANSITIONS, INCIDENT_TRANSITIONS, Transition


def row(step: Transition) -> str:
    sources = ", ".join(sorted(step.sources))
    needs = [text for text, needed in (("a reason", step.needs_reason), ("approval", step.needs_approval)) if needed]
    who = "finobs" if step.system else step.permission
    holding = "" if len(step.holding) == 3 else " or ".join(sorted(step.holding))
    target = step.target or "stays"
    return f"| {step.label} | {step.key or ''} | {who} | {sources} | {target} | {holding} | {', '.join(needs)} |"


def table(steps: tuple[Transition, ...]) -> str:
    head = "| step | key | who | from | to | held by | needs |\n| --- | --- | --- | --- | --- | --- | --- |"
    return "\n".join([head, *(row(step) for step in steps)])


def reasons() -> str:
    lines = (
        f"| {name.label} | {', '.join(reason.label for reason in found)} |"
        for name, found in REASONS_BY_DISPOSITION.items()
    )
    return "\n".join(["| conclusion | reasons |\n| --- | --- |", *lines])


def test_the_documented_tables_are_the_tables() -> None:
    text = (settings.BASE_DIR / "docs" / "cases.md").read_text()
    assert table(CASE_TRANSITIONS) in text
    assert table(INCIDENT_TRANSITIONS) in text
    assert reasons() in text
