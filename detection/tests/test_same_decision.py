"""The same transaction gets the same decision, whichever door it comes by, alone or among others."""

from __future__ import annotations

import csv
import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as some

from detection.models import Alert, Assessment
from detection.tests import scenarios
from tests import factories
from transactions.models import Batch, Transaction

pytestmark = pytest.mark.django_db

SEVERAL = settings(
    max_examples=8, derandomize=True
)  # fmt: skip
# Below, on and above the limits of the rules; ordinary; and what the model has never seen.
AMOUNTS = some.one_of(
    some.integers(0, 20_000),
    some.sampled_from([999_999, 1_000_000, 1_000_001, 4_999_999, 5_000_000, 10**9]),
    some.integers(0, 10**12),
)
ROWS = some.lists(
    some.fixed_dictionaries(
        {
            "minor": AMOUNTS,
            "currency": some.sampled_from(["USD", "EUR"]),
            "hour": some.integers(0, 23),
            "account": some.sampled_from(["A-1", "A-2"]),
            "counterparty": some.sampled_from(["M-1", "M-2", ""]),
            "direction": some.sampled_from(["out", "in"]),
        }
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def rows_of(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "external_id": f"P-{number}", "account": row["account"], "counterparty": row["counterparty"],
            "occurred_at": f"2026-03-03T{row['hour']:02}:00:{number:02}Z",
            "amount": f"{row['minor'] // 100}.{row['minor'] % 100:02}", "currency": row["currency"],
            "direction": row["direction"],
        }
        for number, row in enumerate(drawn)
    ]  # fmt: skip


class Doors:
    """Every way in, each taking all rows of one example."""

    def __init__(self, client: Client, source: Any, folder: Path) -> None:
        self.client, self.source, self.folder = client, source, folder

    def post(self, path: str, body: Any) -> Any:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = self.client.post(path, json.dumps(body), content_type="application/json", headers=headers)
        assert answer.status_code in (200, 201), answer.content
        return answer.json()

    def rest_alone(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self.post("/api/v1/transactions", {"source": self.source.slug, **row})

    def rest_together(self, rows: list[dict[str, Any]]) -> None:
        self.post("/api/v1/transactions", {"source": self.source.slug, "transactions": rows})

    def decisions(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self.post("/api/v1/decisions", {"source": self.source.slug, **row})

    def decisions_batch(self, rows: list[dict[str, Any]]) -> None:
        self.post("/api/v1/decisions/batch", {"source": self.source.slug, "transactions": rows})

    def file(self, rows: list[dict[str, Any]]) -> None:
        path = self.folder / f"{uuid.uuid4().hex}.csv"
        path.write_bytes(written(rows))
        call_command("import_transactions", str(path), source=self.source.slug, json=True, stdout=io.StringIO())

    def admin(self, rows: list[dict[str, Any]]) -> None:
        url = reverse("admin:transactions_source_upload", args=[self.source.pk])
        file = SimpleUploadedFile("rows.csv", written(rows))
        answer = self.client.post(url, {"file": file, "mapping": "", "delimiter": ","})
        assert answer.status_code == 302, answer.content[-2000:]


DOORS = ("rest_alone", "rest_together", "decisions", "decisions_batch", "file", "admin")


def written(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def decided(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What is kept of each row: outcome, score, versions, and of its alert all but its own id."""
    found = []
    for row in rows:
        kept = Assessment.objects.get(transaction__external_id=row["external_id"])
        alert = Alert.objects.filter(transaction_id=kept.pk).first()
        why = alert and (alert.outcome, alert.typology, alert.reasons, alert.parameters, alert.snapshot["features"])
        found.append((kept.outcome, kept.score, kept.fired, kept.model_version_id, why))
    return found


@pytest.fixture
def doors(source, admin, tmp_path):
    """Two rules and a small model in force, and everybody's way in."""
    scenarios.champion(source, admin, 600)
    factories.rule_version()
    factories.rule_version(parameters={"currency": "EUR", "review_at": "5000.00", "block_at": None})
    client = Client()
    person = factories.user("Root", is_staff=True, is_superuser=True)
    client.force_login(person, backend="finobs.accounts.backends.RolePermissionBackend")
    return Doors(client, source, tmp_path)


@SEVERAL
@given(drawn=ROWS)
def test_every_door_decides_alike(doors, drawn):
    rows = rows_of(drawn)
    found = {}
    for door in DOORS:
        with transaction.atomic():
            getattr(doors, door)(rows)
            found[door] = decided(rows)
            transaction.set_rollback(True)
    assert len(found["file"]) == len(rows)
    for door in DOORS:
        assert found[door] == found["rest_together"], door


@SEVERAL
@given(drawn=ROWS)
def test_what_is_answered_is_what_is_kept(doors, drawn):
    rows = rows_of(drawn)
    with transaction.atomic():
        answers = [doors.post("/api/v1/decisions", {"source": doors.source.slug, **row}) for row in rows]
        again = doors.post("/api/v1/decisions/batch", {"source": doors.source.slug, "transactions": rows})["results"]
        assert [each["decision"] for each in again] == answers
        assert [each["status"] for each in again] == ["duplicate"] * len(rows)
        kept = {each.pk: each for each in Assessment.objects.all()}
        for answer in answers:
            row = kept[answer["transaction_id"]]
            assert (answer["decision"], answer["score"]) == (row.outcome, row.score)
            assert [rule["version_id"] for rule in answer["rules"]] == row.fired
        transaction.set_rollback(True)


def test_the_examples_reach_every_outcome(doors):
    """Else the two tests above would compare nothing with nothing."""
    drawn = [
        {"minor": minor, "currency": "USD", "hour": 3, "account": "A-1", "counterparty": "", "direction": "out"}
        for minor in (4_000, 10**12, 1_000_000)
    ]
    rows = rows_of(drawn)
    doors.decisions(rows)
    assert [each[0] for each in decided(rows)] == ["approve", "block", "review"]
    assert all(each[1] is not None for each in decided(rows))
    assert [len(each[4][2]) for each in decided(rows)[1:]] == [5, 5], (
        "the rule's, the model's, and three of what stands out"
    )
    assert (
        Transaction.objects.filter(external_id__startswith="P-").count()
        == Batch.objects.filter(method="rest").count() - 1
    )
