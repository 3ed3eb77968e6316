"""The timeline on the page: each act once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cases.timeline import TimelineEntry
from cases.views.timeline import merge_entries

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA: Any = object()
LEO: Any = object()


def entry(
    kind: str, title: str, *, seconds: float = 0, actor: Any = ANA, text: str = "", url: str = ""
) -> TimelineEntry:
    return TimelineEntry(NOON + timedelta(seconds=seconds), actor, kind, title, text, url)


def test_an_act_and_its_event_are_one_line_that_leads_to_the_event() -> None:
    told = merge_entries(
        [entry("event", "Taken", seconds=0.1, url="/ledger/1/"), entry("change", "Taken", text="Status: New → Open")]
    )
    assert [(line.kind, line.text, line.url) for line in told] == [("change", "Status: New → Open", "/ledger/1/")]


def test_a_note_and_its_event_are_one_line() -> None:
    told = merge_entries([entry("event", "Note added", url="/ledger/2/"), entry("note", "Note", text="Called.")])
    assert [(line.text, line.url) for line in told] == [("Called.", "/ledger/2/")]


def test_two_acts_keep_their_own_events() -> None:
    first = [entry("event", "Taken", seconds=600, url="/ledger/2/"), entry("change", "Taken", seconds=600, text="b")]
    second = [entry("event", "Taken", url="/ledger/1/"), entry("change", "Taken", text="a")]
    assert [(line.text, line.url) for line in merge_entries([*first, *second])] == [
        ("b", "/ledger/2/"),
        ("a", "/ledger/1/"),
    ]


def test_what_somebody_else_did_is_not_merged() -> None:
    assert len(merge_entries([entry("event", "Taken", actor=LEO), entry("change", "Taken")])) == 2


def test_an_event_without_another_entry_stays() -> None:
    lonely = entry("event", "Alerts added", text="3 alerts", url="/ledger/3/")
    assert merge_entries([lonely]) == [lonely]
