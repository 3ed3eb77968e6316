"""The API of policies of work and tags under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from typing import Any

from cases.models import WorkPolicy
from cases.services import item_tag, tag_create, work_policy_change
from tests import factories
from tests.support.api import ApiActionTests, ApiDetailTests, ApiListTests, ApiTests
from tests.support.scenarios import PROGRAMME


def assignment(most_held: int) -> dict[str, Any]:
    return {"automatic": [], "most_held": most_held, "absent": []}


class OfPolicy(ApiTests):
    """The policy of assignment with one version."""

    unknown = ("no-such-policy",)

    def make(self) -> tuple[Any, ...]:
        self.limit = 5
        policy = WorkPolicy(kind="assignment", slug="assignment", name="Assignment")
        version = work_policy_change(
            actor=self.fixture("admin"), policy=policy, content=assignment(self.limit), reason="A limit of five."
        )
        self.policy = version.policy
        return ("assignment",)


class TestWorkPolicyList(ApiDetailTests):
    url = "cases_api:work-policy-list"


class TestProgrammeCreate(ApiActionTests):
    url = "cases_api:work-policy-list"
    actor = "admin"
    event = "work_policy.create"
    status = 201
    repeat = 409

    def body(self) -> dict[str, Any]:
        return {"slug": "tax", "content": PROGRAMME, "reason": "They report by themselves."}


class TestWorkPolicyDetail(OfPolicy, ApiDetailTests):
    url = "cases_api:work-policy-detail"


class TestWorkPolicyVersionList(OfPolicy, ApiListTests):
    url = "cases_api:work-policy-version-list"

    def add_row(self) -> None:
        self.limit += 1
        work_policy_change(
            actor=self.fixture("admin"), policy=self.policy, content=assignment(self.limit), reason="One more."
        )


class TestWorkPolicyChange(OfPolicy, ApiActionTests):
    url = "cases_api:work-policy-version-list"
    actor = "admin"
    event = "work_policy.change"
    status = 201

    def body(self) -> dict[str, Any]:
        return {"content": assignment(9), "reason": "It was too few."}


class TestWorkPolicyRevert(OfPolicy, ApiActionTests):
    url = "cases_api:work-policy-revert"
    actor = "admin"
    event = "work_policy.revert"

    def body(self) -> dict[str, Any]:
        return {"number": 0, "reason": "No limit after all."}


class TestWorkPolicyDryRun(ApiActionTests):
    url = "cases_api:work-policy-dry-run"
    actor = "admin"
    event = "work_policy.dry_run"
    unknown = ("assignment",)

    def make(self) -> tuple[Any, ...]:
        return ("routing",)

    def body(self) -> dict[str, Any]:
        return {"content": {"rules": []}}


class TestTagList(ApiListTests):
    url = "cases_api:tag-list"

    def add_row(self) -> None:
        number = len(self.rows(self.fixture("analyst"), self.address_of(), limit=200))
        tag_create(actor=self.fixture("admin"), slug=f"tag-{number}", name=f"Tag {number}")


class Tagged(ApiTests):
    """An item in the analyst's queue, and a tag that it has or does not have."""

    is_case = True
    has_tag = False
    actor = "analyst"

    def make(self) -> tuple[Any, ...]:
        tag = tag_create(actor=self.fixture("admin"), slug="urgent", name="Urgent")
        make = factories.case if self.is_case else factories.incident
        item = make(inside=self.fixture("queue"))
        if self.has_tag:
            item_tag(actor=self.fixture("analyst"), item=item, tag=tag)
        return (item.reference,)

    def body(self) -> dict[str, Any]:
        return {"tag": "urgent"}


class TestCaseTag(Tagged, ApiActionTests):
    url = "cases_api:case-tag"
    event = "case.tag"
    repeat = 200
    unknown = ("C-2026-999999",)


class TestCaseUntag(Tagged, ApiActionTests):
    url = "cases_api:case-untag"
    event = "case.untag"
    has_tag = True
    repeat = 200
    unknown = ("C-2026-999999",)


class TestIncidentTag(Tagged, ApiActionTests):
    url = "cases_api:incident-tag"
    event = "incident.tag"
    is_case = False
    repeat = 200
    unknown = ("I-2026-999999",)


class TestIncidentUntag(Tagged, ApiActionTests):
    url = "cases_api:incident-untag"
    event = "incident.untag"
    is_case = False
    has_tag = True
    repeat = 200
    unknown = ("I-2026-999999",)
