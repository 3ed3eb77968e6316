"""What holds for the pages, the API and the administration of every kind of job. Each kind's own tests inherit these."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from finobs.core import clock
from finobs.core.jobs.choices import JobState
from finobs.core.jobs.models import LeasedJob

from .contract import end_as, take

HTMX = {"HX-Request": "true"}


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="finobs.accounts.backends.RolePermissionBackend")
    return client


def text(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


class JobPagesContract:
    """A subclass gives the fixture `job`, queued, and the address of its list and of its API's list."""

    address: ClassVar[str]
    api: ClassVar[str]

    @pytest.fixture(autouse=True)
    def no_worker(self, monkeypatch: Any) -> None:
        monkeypatch.setattr("finobs.core.dispatch.on_commit", lambda *_: None)

    def page_of(self, job: LeasedJob) -> str:
        return f"{self.address}{job.pk}/"

    def admin_of(self, job: LeasedJob) -> str:
        return f"/admin/{job._meta.app_label}/{job._meta.model_name}/"

    def test_the_list_has_it_with_its_state_and_is_narrowed_by_it(self, job, analyst):
        client = client_of(analyst)
        for query, is_listed in (("", True), ("?state=queued", True), ("?state=done", False)):
            page = text(client.get(self.address + query))
            assert (f'href="{self.page_of(job)}"' in page) is is_listed
            assert "<html" in page
        assert str(job) in text(client.get(self.address, headers=HTMX))
        assert "<html" not in text(client.get(self.address, headers=HTMX))

    def test_the_list_says_why_a_job_ended_early(self, job, analyst):
        end_as(job, JobState.FAILED)
        type(job).objects.update(error="The disk is full.")
        assert "The disk is full." in text(client_of(analyst).get(self.address))

    def test_the_fragment_asks_for_itself_again_until_the_job_has_ended(self, job, analyst):
        client = client_of(analyst)
        for state in JobState:
            type(job).objects.update(
                state=state, step="Fitting", done=1_020, total=2_000, started_at=clock.now(), error="",
                lease_until=clock.now() if state == JobState.RUNNING else None,
                ended_at=None if state in (JobState.QUEUED, JobState.RUNNING) else clock.now(),
            )  # fmt: skip
            fragment = text(client.get(self.page_of(job), headers=HTMX))
            is_open = state in (JobState.QUEUED, JobState.RUNNING)
            assert ("every 2s" in fragment) is is_open
            assert (f'hx-get="{self.page_of(job)}"' in fragment) is is_open
            assert ('max="2000" value="1020"' in fragment) is is_open
            assert ("Fitting: 1,020 of 2,000" in fragment) is (state == JobState.RUNNING)
            assert "<html" not in fragment

    def test_a_job_that_is_tried_again_later_says_when_and_why(self, job, analyst):
        type(job).objects.update(scheduled_at=clock.now() + job.LEASE, error="The disk is full.", attempts=2)
        fragment = text(client_of(analyst).get(self.page_of(job), headers=HTMX))
        assert "It is tried again from" in fragment
        assert "Before: The disk is full." in fragment
        assert "taken up 2 times" in fragment

    def test_its_buttons_follow_its_state_for_who_may_press_them(self, job, analyst, admin):
        pages = {}
        for state, buttons in (
            (JobState.QUEUED, ["cancel"]), (JobState.FAILED, ["retry"]), (JobState.CANCELLED, ["retry"]),
            (JobState.DONE, []),
        ):  # fmt: skip
            if state != JobState.QUEUED:
                end_as(job, state)
            pages[state] = text(client_of(admin).get(self.page_of(job)))
            assert re.findall(rf'action="{self.page_of(job)}(\w+)/"', pages[state]) == buttons
            assert "action=" not in text(client_of(analyst).get(self.page_of(job))).split("<main")[1]
        assert f"Cancel the {job._meta.verbose_name}" in pages[JobState.QUEUED]
        assert f"Retry the {job._meta.verbose_name}" in pages[JobState.FAILED]

    def test_the_buttons_follow_when_the_job_ends_while_somebody_looks(self, job, admin):
        client = client_of(admin)
        assert "hx-swap-oob" not in text(client.get(self.page_of(job), headers=HTMX))
        end_as(job, JobState.FAILED)
        fragment = text(client.get(self.page_of(job), headers=HTMX))
        assert '<div id="job-actions" hx-swap-oob="true">' in fragment
        assert f'action="{self.page_of(job)}retry/"' in fragment
        assert "hx-swap-oob" not in text(client.get(self.page_of(job)))

    def test_it_is_cancelled_and_retried_by_a_button(self, job, admin):
        client = client_of(admin)
        page = text(client.post(f"{self.page_of(job)}cancel/", {"reason": "A mistake."}, follow=True))
        assert f"{job} is cancelled." in page
        assert "A mistake." in page
        page = text(client.post(f"{self.page_of(job)}retry/", {"reason": "None, after all."}, follow=True))
        assert f"{job} waits for a worker again." in page
        job.refresh_from_db()
        assert job.state == JobState.QUEUED

    def test_a_button_pressed_too_late_says_why_nothing_happened(self, job, admin):
        response = client_of(admin).post(f"{self.page_of(job)}retry/", {"reason": "Again."})
        assert response.status_code == 409
        assert "neither failed nor was cancelled: queued" in response.content.decode()
        too_long = client_of(admin).post(f"{self.page_of(job)}cancel/", {"reason": "x" * 2_001})
        assert too_long.status_code == 422

    def test_machines_read_cancel_and_retry_it(self, job, admin, analyst):
        path = f"{self.api}/{job.pk}"
        (row,) = client_of(analyst).get(self.api).json()["results"]
        assert row == client_of(analyst).get(path).json()
        assert (row["id"], row["state"], row["actions"]) == (job.pk, "queued", ["cancel"])
        assert row["requested_by"] == job.requested_by.name
        assert client_of(analyst).get(f"{self.api}?state=done").json()["results"] == []
        assert self.post(analyst, f"{path}/cancel").status_code == 403
        assert self.post(admin, f"{path}/retry").status_code == 409
        cancelled = self.post(admin, f"{path}/cancel", reason="Enough").json()
        assert (cancelled["state"], cancelled["error"], cancelled["actions"]) == ("cancelled", "Enough", ["retry"])
        assert self.post(analyst, f"{path}/retry").status_code == 403
        assert self.post(admin, f"{path}/retry").json()["state"] == "queued"
        assert self.post(admin, f"{self.api}/999999/retry").status_code == 404

    def test_the_description_of_the_api_says_what_is_sent_and_answered(self, job):
        paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
        of_detail = paths[f"{self.api}/{{id}}"]["get"]["responses"]["200"]
        for action in ("cancel", "retry"):
            operation = paths[f"{self.api}/{{id}}/{action}"]["post"]
            assert operation["responses"] == {"200": of_detail}
            sent = operation["requestBody"]["content"]["application/json"]["schema"]
            assert sent == {"$ref": "#/components/schemas/OptionalReason"}

    def post(self, person: Any, path: str, **body: str) -> Any:
        return client_of(person).post(path, body, content_type="application/json")

    def test_the_administration_cancels_and_retries_and_changes_nothing_else(self, job, admin):
        client, address = client_of(admin), self.admin_of(job)
        take(job)
        listed = text(client.get(address))
        assert str(job) in listed
        assert job.get_absolute_url() in text(client.get(f"{address}{job.pk}/change/"))
        for action, state, message in (
            ("cancel", "cancelled", "Cancelled: 1."),
            ("retry", "queued", "Queued again: 1."),
        ):
            page = text(client.post(address, {"action": action, "_selected_action": [job.pk]}, follow=True))
            assert message in page
            job.refresh_from_db()
            assert job.state == state
        assert client.get(f"{address}add/").status_code == 403
        assert client.post(f"{address}{job.pk}/change/", {"state": "done"}).status_code == 403

    def test_a_stranger_learns_nothing(self, job, stranger):
        client = client_of(stranger)
        for path in (self.address, self.page_of(job), self.api, f"{self.api}/{job.pk}"):
            response = client.get(path)
            assert response.status_code == 403
            assert str(job) not in response.content.decode()
        for action in ("cancel", "retry"):
            assert client.post(f"{self.page_of(job)}{action}/").status_code == 403
            assert self.post(stranger, f"{self.api}/{job.pk}/{action}").status_code == 403
