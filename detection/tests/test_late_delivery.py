"""What a late file touched is decided again, and each run says how complete its input was."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from detection.ml.training.services import training_request
from detection.models import LateBatch, Reassessment, ReassessmentRun
from detection.pipeline.late.reassess_due import reassess_due
from detection.rules.services import ensure_default_rules
from detection.tests import scenarios
from finobs.accounts.system import system_actor
from finobs.core import clock
from tests import factories
from tests.support.clients import signed_in
from transactions import services

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
HEADER = "external_id,account,counterparty,occurred_at,amount,currency\n"


@pytest.fixture
def feed() -> Any:
    return factories.user("Fay Feed", role="admin")


@pytest.fixture
def schedule(feed):
    ensure_default_rules(actor=system_actor("setup"))
    source = services.source_create(actor=feed, slug="bank", default_currency="USD")
    with clock.at(datetime(2026, 3, 2, 20, 0, tzinfo=UTC)):
        return services.delivery_schedule_create(
            actor=feed, source=source, name="Payments", due_time=time(6), starts_on=DAY, file_pattern="pay_{date}.csv"
        )


def bring(tmp_path, day: date, at: datetime) -> None:
    path = tmp_path / f"pay_{day}.csv"
    path.write_text(HEADER + f"T-{day},A-1,M-1,{day}T12:00:00Z,90.00,USD\n")
    with clock.at(at):
        call_command("import_transactions", str(path), "--source", "bank", "--json", "--no-progress", verbosity=0)


def test_a_late_file_is_told_and_what_it_touched_is_decided_again(tmp_path, schedule, feed):
    scenarios.two_champions()
    tuesday = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
    bring(tmp_path, DAY + timedelta(days=1), tuesday)
    with clock.at(tuesday):
        services.deliveries_check()
    assert list(schedule.deliveries.order_by("business_date").values_list("state", flat=True))[:2] == [
        "late",
        "complete",
    ]
    bring(tmp_path, DAY, tuesday + timedelta(hours=3))
    assert schedule.deliveries.get(business_date=DAY).state == "complete"
    assert LateBatch.objects.count() == 1
    with clock.at(tuesday + timedelta(hours=4)):
        reassess_due()
    run = ReassessmentRun.objects.get()
    assert run.late_batches.get().touched == 1
    completeness = run.input_completeness
    assert (completeness["expected"], completeness["complete"], completeness["missing"]) == (2, 2, [])
    assert Reassessment.objects.filter(run=run).count() <= 1


def test_a_training_run_says_how_complete_its_input_was(schedule, feed):
    with clock.at(datetime(2026, 3, 4, 5, 0, tzinfo=UTC)):
        services.deliveries_check()
        run = training_request(actor=feed, role="anomaly", source=schedule.source, wake=False)
    assert (run.input_completeness["expected"], run.input_completeness["complete"]) == (1, 0)
    page = signed_in(feed).get(run.get_absolute_url()).content.decode()
    assert "0 of 1 delivery complete" in page
