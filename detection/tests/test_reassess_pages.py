"""What late transactions touched, on the pages of the batch and of the transaction, and for machines."""

from __future__ import annotations

import pytest
from django.test import Client

from detection.models import Alert, Assessment, LateBatch, Reassessment, ReassessmentRun
from finobs.accounts.system import system_actor
from finobs.core import clock
from tests import factories

pytestmark = pytest.mark.django_db


def client(person):
    found = Client()
    found.force_login(person, backend="finobs.accounts.backends.RolePermissionBackend")
    return found


def get(person, path, **more):
    return client(person).get(path, **more)


@pytest.fixture
def moved(db):
    row = factories.transaction()
    Assessment.objects.create(transaction=row, outcome="approve", score=0.25, assessed_at=clock.now())
    return row


@pytest.fixture
def late(moved):
    """A batch with twelve late rows that touched 84 decided transactions."""
    brought = factories.transaction(of=moved.account)
    run = ReassessmentRun.objects.create(
        source=brought.source,
        as_of=brought.pk,
        state="done",
        ended_at=clock.now(),
        requested_by=system_actor("reassess"),
    )
    Reassessment.objects.create(
        transaction=moved, run=run, batch=brought.batch, outcome_before="approve", outcome="review", score_before=0.25,
        score=0.75, model_version=factories.model_version(), feature_set="account-1", features=b"", digest="0" * 64,
    )  # fmt: skip
    return LateBatch.objects.create(
        batch=brought.batch, source=brought.source, run=run, late=12, touched=84, left_out=2, changed=70, raised=3
    )


def page(person, late):
    return " ".join(get(person, f"/detection/batches/{late.pk}/late/").content.decode().split())


def test_the_batch_says_what_was_touched_and_links_to_exactly_that(auditor, late):
    said = page(auditor, late)
    assert "12 late rows touched 84 decided transactions;" in said
    assert f'/detection/reassessments/?batch={late.pk}&amp;raised=true">3 alerts raised</a>' in said
    assert "2, the oldest, were left out" in said
    batch = get(auditor, f"/transactions/batches/{late.pk}/").content.decode()
    assert f'hx-get="/detection/batches/{late.pk}/late/"' in batch


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "It waits for a worker."),
        ("running", "5 of 9 looked at so far"),
        ("failed", "It ended early: No space."),
        ("cancelled", "It ended early: No space."),
        ("done", "70 have another score"),
    ],
)
def test_the_page_of_a_run_says_how_far_it_is(auditor, late, state, words):
    now = clock.now()
    ReassessmentRun.objects.update(
        state=state, done=5, total=9, error="No space.", lease_until=now if state == "running" else None,
        ended_at=None if state in ("queued", "running") else now,
    )  # fmt: skip
    assert words in page(auditor, late)


def test_what_waits_and_what_was_not_late_say_so(auditor, late, moved):
    LateBatch.objects.update(run=None)
    assert "is looked at again from" in page(auditor, late)
    assert (
        "None: nothing that was decided before"
        in get(auditor, f"/detection/batches/{moved.batch_id}/late/").content.decode()
    )
    assert get(auditor, "/detection/batches/999999/late/").status_code == 404


def test_the_batch_names_those_that_were_decided_at_the_same_time(auditor, late, moved):
    assert "at the same time" not in page(auditor, late)
    LateBatch.objects.update(missed_by=[moved.batch_id, late.pk])
    assert (
        "Decided at the same time, and could not see this batch: batches "
        f'<a href="/transactions/batches/{moved.batch_id}/">{moved.batch_id}</a>, '
        f'<a href="/transactions/batches/{late.pk}/">{late.pk}</a>.'
    ) in page(auditor, late)
    assert get(auditor, f"/api/v1/batches/{late.pk}/late").json()["missed_by"] == [moved.batch_id, late.pk]
    LateBatch.objects.update(missed_by=[moved.batch_id])
    assert f'could not see this batch: batch <a href="/transactions/batches/{moved.batch_id}/">' in page(auditor, late)


def test_one_row_is_one_row(auditor, late):
    LateBatch.objects.update(late=1, touched=1, raised=1, changed=1, left_out=1)
    said = page(auditor, late)
    for words in (
        "1 late row touched 1 decided transaction;",
        "1 alert raised",
        "1 has another",
        "1, the oldest, was left",
    ):
        assert words in said


def test_the_transaction_shows_before_and_after(auditor, late, moved):
    said = " ".join(get(auditor, f"/detection/transactions/{moved.pk}/assessment/").content.decode().split())
    assert "Looked at again" in said
    assert "0.250000 → 0.750000" in said
    other = get(auditor, f"/detection/transactions/{moved.pk}/assessment/", headers={"HX-Request": "true"})
    assert b"<html" not in other.content


def test_a_transaction_that_nothing_touched_says_nothing_of_it(auditor, moved):
    assert "Looked at again" not in get(auditor, f"/detection/transactions/{moved.pk}/assessment/").content.decode()


def test_the_list_is_narrowed_by_batch_and_alert(auditor, late, moved):
    for query, found in (
        ("", True),
        (f"?batch={late.pk}", True),
        ("?raised=true", False),
        (f"?batch={late.pk + 1}", False),
    ):
        said = get(auditor, f"/detection/reassessments/{query}").content.decode()
        assert (moved.external_id in said) is found, query


def test_machines_read_the_same(auditor, late, moved):
    (row,) = get(auditor, f"/api/v1/reassessments?transaction={moved.pk}").json()["results"]
    assert (row["outcome_before"], row["outcome"], row["score_before"], row["score"]) == (
        "approve",
        "review",
        0.25,
        0.75,
    )
    assert (row["late_batch_id"], row["alert_raised"], row["account"]) == (late.pk, False, moved.account.external_id)
    said = get(auditor, f"/api/v1/batches/{late.pk}/late").json()
    assert (said["state"], said["late"], said["touched"], said["raised"]) == ("done", 12, 84, 3)
    assert get(auditor, f"/api/v1/batches/{moved.batch_id}/late").status_code == 404


def test_who_sees_no_transactions_sees_none_of_it(stranger, late, moved):
    for path in ("/detection/reassessments/", f"/detection/batches/{late.pk}/late/"):
        assert get(stranger, path).status_code == 403
        assert get(stranger, "/api/v1" + path.removeprefix("/detection").rstrip("/")).status_code == 403


def test_the_number_of_an_alert_is_told_to_nobody_who_may_not_see_it(auditor, late, moved):
    alert = factories.alert()
    Reassessment.objects.update(alert=alert)
    (row,) = get(auditor, "/api/v1/reassessments").json()["results"]
    assert row["alert_raised"] is True
    assert "alert_id" not in row
    assert f"/detection/alerts/{alert.pk}/" not in get(auditor, "/detection/reassessments/").content.decode()
    assert Alert.objects.count() == 1


def test_the_admin_shows_it_and_changes_nothing(superuser, late):
    asked = client(superuser)
    for model in (Reassessment, ReassessmentRun, LateBatch):
        name, pk = model._meta.model_name, model.objects.get().pk
        assert asked.get(f"/admin/detection/{name}/").status_code == 200
        assert asked.get(f"/admin/detection/{name}/{pk}/change/").status_code == 200
        assert asked.post(f"/admin/detection/{name}/{pk}/change/", {}).status_code == 403
        assert asked.get(f"/admin/detection/{name}/add/").status_code == 403
