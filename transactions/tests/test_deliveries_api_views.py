"""The API of deliveries under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from finobs.core import clock
from tests import factories
from tests.support.api import ApiActionTests, ApiDetailTests, ApiListTests
from transactions.choices import IngestMethod
from transactions.services import ingest

from .conftest import raw


class TestDeliveryScheduleList(ApiListTests):
    url = "transactions_api:delivery-schedule-list"

    def add_row(self) -> None:
        factories.delivery()


class TestDeliveryScheduleCreate(ApiActionTests):
    url = "transactions_api:delivery-schedule-list"
    actor = "admin"
    status = 201
    event = "delivery.schedule_create"
    repeat = 409

    def body(self) -> dict[str, Any]:
        start = clock.now().date().isoformat()
        return {"source": self.fixture("bank").slug, "name": "Wires", "due_time": "06:00", "starts_on": start}


class TestDeliveryScheduleDetail(ApiDetailTests):
    url = "transactions_api:delivery-schedule-detail"

    def make(self) -> tuple[Any, ...]:
        return (factories.delivery().schedule_id,)


class TestDeliveryScheduleChange(ApiActionTests):
    url = "transactions_api:delivery-schedule-change"
    actor = "admin"
    event = "delivery.schedule_change"

    def make(self) -> tuple[Any, ...]:
        return (factories.delivery().schedule_id,)

    def body(self) -> dict[str, Any]:
        return {"due_time": "07:30"}


class TestDeliveryList(TestDeliveryScheduleList):
    url = "transactions_api:delivery-list"


class TestDeliveryOpen(ApiActionTests):
    url = "transactions_api:delivery-list"
    actor = "admin"
    event = "delivery.open"
    repeat = 200

    def make(self) -> tuple[Any, ...]:
        self.delivery = factories.delivery()
        return ()

    def body(self) -> dict[str, Any]:
        day = self.delivery.business_date + timedelta(days=1)
        return {"schedule": self.delivery.schedule_id, "business_date": day.isoformat()}


class TestDeliveryDetail(ApiDetailTests):
    url = "transactions_api:delivery-detail"

    def make(self) -> tuple[Any, ...]:
        return (factories.delivery().pk,)


class TestDeliveryAnnounce(ApiActionTests):
    url = "transactions_api:delivery-announce"
    actor = "admin"
    event = "delivery.announce"

    def make(self) -> tuple[Any, ...]:
        self.delivery = factories.delivery()
        return (self.delivery.pk,)

    def body(self) -> dict[str, Any]:
        return {"rows": 3, "sums": {"EUR": "3.00"}}


class TestDeliveryReceive(TestDeliveryAnnounce):
    url = "transactions_api:delivery-receive"
    event = "delivery.receive"

    def make(self) -> tuple[Any, ...]:
        arguments, source = super().make(), self.delivery.schedule.source
        self.batch = ingest(actor=self.fixture("admin"), source=source, rows=[raw(1)], method=IngestMethod.REST).batch
        return arguments

    def body(self) -> dict[str, Any]:
        return {"batch": self.batch.pk}


class TestDeliveryEnd(TestDeliveryAnnounce):
    url = "transactions_api:delivery-end"
    event = "delivery.end"

    def body(self) -> dict[str, Any]:
        return {}


class TestDeliveryFaultList(ApiListTests):
    url = "transactions_api:delivery-fault-list"

    def add_row(self) -> None:
        factories.delivery_fault()


class TestDeliveryFaultSettle(ApiActionTests):
    url = "transactions_api:delivery-fault-settle"
    actor = "admin"
    event = "delivery.fault_settle"
    repeat = 409

    def make(self) -> tuple[Any, ...]:
        return (factories.delivery_fault().pk,)

    def body(self) -> dict[str, Any]:
        return {"reason": "Asked the bank."}
