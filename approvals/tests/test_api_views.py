"""The API of approval requests under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from typing import Any

from cases.services import item_take
from tests import factories
from tests.support.api import ApiActionTests, ApiDetailTests, ApiListTests, ApiTests

from .factories import closing_request


class Asked(ApiTests):
    """A request of the analyst's to close her case."""

    def make(self) -> tuple[Any, ...]:
        self.request = closing_request(self.fixture("analyst"), self.fixture("case"))
        return (self.request.pk,)


class TestRequestList(ApiListTests):
    url = "approvals_api:request-list"
    reader = "lead"

    def add_row(self) -> None:
        analyst = self.fixture("analyst")
        closing_request(analyst, item_take(actor=analyst, item=factories.case(inside=self.fixture("queue"))))


class TestRequestDetail(Asked, ApiDetailTests):
    url = "approvals_api:request-detail"
    reader = "lead"


class TestRequestDecide(Asked, ApiActionTests):
    url = "approvals_api:request-decide"
    actor = "lead"
    event = "case.close"
    repeat = 409

    def body(self) -> dict[str, Any]:
        return {"vote": "approve", "reason": "Agreed.", "digest": self.request.digest}


class TestRequestWithdraw(Asked, ApiActionTests):
    url = "approvals_api:request-withdraw"
    actor = "analyst"
    event = "approval.withdraw"
    is_scoped = False  # whoever asked may take it back, by whatever way they came
    repeat = 409

    def body(self) -> dict[str, Any]:
        return {"reason": "A mistake."}
