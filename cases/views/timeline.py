"""The timeline as it is read: an act and the ledger's event of it are one line, which leads to the event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from ..timeline import TimelineEntry

# A service writes its row, its history and its event within one transaction.
ONE_ACT = timedelta(seconds=2)
# What the ledger calls an act that the page tells in other words.
EVENTS = {"Note": "Note added", "Proposed to close": "Sent for approval"}


def merge_entries(entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """`entries` in their order, without the events that only say again what another entry says."""
    events = [entry for entry in entries if entry.kind == "event"]
    said: dict[int, TimelineEntry] = {}
    for entry in entries:
        if entry.kind != "event" and (twin := next(_twins(entry, events), None)):
            events.remove(twin)
            said[id(twin)] = entry
            said[id(entry)] = replace(entry, url=twin.url)
    return [said.get(id(entry), entry) for entry in entries if not (entry.kind == "event" and id(entry) in said)]


def _twins(entry: TimelineEntry, events: Sequence[TimelineEntry]) -> Iterator[TimelineEntry]:
    title = EVENTS.get(entry.title, entry.title)
    for event in events:
        if event.title == title and event.actor == entry.actor and abs(event.at - entry.at) <= ONE_ACT:
            yield event
