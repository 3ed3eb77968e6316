"""The API of what happened to items and of where they lay, under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from typing import Any

from cases.choices import EntryCause
from cases.services.queue_entries import enter_queue
from tests import factories
from tests.support.api import ApiDetailTests, ApiListTests, ApiTests


class OfCase(ApiTests):
    unknown = ("C-2026-999999",)

    def make(self) -> tuple[Any, ...]:
        self.item: Any = factories.case(inside=self.fixture("queue"))
        return (self.item.reference,)


class OfIncident(ApiTests):
    unknown = ("I-2026-999999",)

    def make(self) -> tuple[Any, ...]:
        self.item: Any = factories.incident(inside=self.fixture("queue"))
        return (self.item.reference,)


class TestCaseTimeline(OfCase, ApiDetailTests):
    url = "cases_api:case-timeline"


class TestIncidentTimeline(OfIncident, ApiDetailTests):
    url = "cases_api:incident-timeline"


class TestCaseQueueList(OfCase, ApiListTests):
    url = "cases_api:case-queue-list"

    def add_row(self) -> None:
        enter_queue([self.item], EntryCause.ROUTED)


class TestIncidentQueueList(OfIncident, ApiListTests):
    url = "cases_api:incident-queue-list"

    def add_row(self) -> None:
        enter_queue([self.item], EntryCause.ROUTED)
