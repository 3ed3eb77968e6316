"""A job's page follows the job while somebody looks, and can be used without JavaScript too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from detection.models import TrainingRun
from finobs.core.jobs.lease import Heartbeat, claim, fail

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(superuser):
    return TrainingRun.objects.create(
        role="anomaly", parameters={"rows": 0, "share": "0.005", "seed": 7}, requested_by=superuser
    )


def test_the_page_shows_each_step_and_offers_a_retry_once_the_job_has_failed(page, superuser, sign_in, run):
    sign_in(page, superuser)
    page.goto(run.get_absolute_url())
    expect(page.get_by_text("It waits for a worker")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel the training run")).to_be_visible()
    job = claim(TrainingRun, run.pk)
    assert job is not None
    Heartbeat(job)("Fitting", 1_020, 2_000)
    expect(page.get_by_text("Fitting: 1,020 of 2,000")).to_be_visible()
    page.get_by_label("Why").fill("Half a word")
    Heartbeat(job)("Checking", 1_500, 2_000)
    expect(page.get_by_text("Checking: 1,500 of 2,000")).to_be_visible()
    expect(page.get_by_label("Why")).to_have_value("Half a word")
    fail(job, "Only 3 rows: 500 is the least.")
    expect(page.get_by_text("Only 3 rows: 500 is the least.")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel the training run")).to_be_hidden()
    page.get_by_label("Why").fill("There are more now.")
    page.get_by_role("button", name="Retry the training run").click()
    expect(page.get_by_text(f"{run} waits for a worker again.")).to_be_visible()


def test_a_job_is_cancelled_without_javascript(browser, live_server, superuser, sign_in, run):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, superuser)
    page.goto(run.get_absolute_url())
    page.get_by_role("button", name="Cancel the training run").click()
    expect(page.get_by_text(f"{run} is cancelled.")).to_be_visible()
    context.close()
