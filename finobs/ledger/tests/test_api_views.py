"""The API of the ledger under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from finobs.ledger.services.seal import seal
from tests.support.api import ApiDetailTests, ApiListTests

NOBODYS = "00000000-0000-0000-0000-000000000000"


class TestEventList(ApiListTests):
    url = "ledger_api:event-list"
    reader = "auditor"

    def add_row(self) -> None:
        self.fixture("fill")(1)


class TestEventDetail(ApiDetailTests):
    url = "ledger_api:event-detail"
    reader = "auditor"
    unknown = (NOBODYS,)

    def make(self) -> tuple[Any, ...]:
        return (self.fixture("sealed")[0].uid,)


class TestEventProof(TestEventDetail):
    url = "ledger_api:event-proof"


class TestCheckpointList(ApiListTests):
    url = "ledger_api:checkpoint-list"
    reader = "auditor"

    def add_row(self) -> None:
        self.fixture("ledger_key")
        self.fixture("fill")(1)
        seal()


class TestCheckpointLatest(ApiDetailTests):
    url = "ledger_api:checkpoint-latest"
    reader = "auditor"

    def make(self) -> tuple[Any, ...]:
        self.fixture("sealed")
        return ()


class TestConsistencyProof(TestCheckpointLatest):
    url = "ledger_api:consistency-proof"
    query = MappingProxyType({"from": 3, "to": 12})
