"""Conclusions are written down as labels: once for each transaction and origin, beside what came from outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from finobs.accounts.models import User
from tests import factories
from transactions import selectors
from transactions.choices import LabelOrigin
from transactions.models import Label, LabelBatch, PastLabel, Transaction
from transactions.row_validation import RawRow
from transactions.services import label_add, labels_add

pytestmark = pytest.mark.django_db
KNOWN = datetime(2026, 3, 20, tzinfo=UTC)


@pytest.fixture
def rows(bank) -> list[Transaction]:
    owner = factories.account(of=bank)
    return [factories.transaction(of=owner) for _ in range(3)]


def conclude(actor: User, rows: list[Transaction], is_suspicious: bool = True, **fields: object) -> list[int]:
    values = {"origin": LabelOrigin.CASE, "known_at": KNOWN, **fields}
    return label_add(actor=actor, transactions=[row.pk for row in rows], is_suspicious=is_suspicious, **values)  # type: ignore[arg-type]


def from_outside(actor: User, row: Transaction, is_suspicious: str, known_at: str = "2026-03-21T00:00:00Z") -> str:
    fields = {"external_id": row.external_id, "is_suspicious": is_suspicious, "label_known_at": known_at}
    return str(labels_add(actor=actor, source=row.source, rows=[RawRow(fields)]).rows[0].status)


def standing() -> set[tuple[int, str, bool]]:
    return set(Label.objects.values_list("transaction_id", "origin", "is_suspicious"))


def test_each_transaction_gets_one_label_that_everybody_after_it_is_told_of(analyst, rows):
    assert conclude(analyst, [rows[1], rows[0], rows[1]], typology="structuring") == [rows[0].pk, rows[1].pk]
    for label in Label.objects.all():
        assert (label.origin, label.is_suspicious, label.typology) == ("case", True, "structuring")
        assert (label.known_at, label.watermark, label.label_batch) == (KNOWN, 0, None)
    assert Label.objects.count() == 2


def test_a_repeated_call_adds_nothing_and_changes_nothing(analyst, rows):
    conclude(analyst, rows[:2])
    before = list(Label.objects.order_by("pk").values())
    assert conclude(analyst, rows, known_at=KNOWN + timedelta(days=1)) == [rows[2].pk]
    assert list(Label.objects.order_by("pk").values())[:2] == before
    assert conclude(analyst, rows) == []
    assert Label.objects.count() == 3


def test_what_is_concluded_otherwise_is_corrected_and_what_stood_is_kept(analyst, rows):
    conclude(analyst, rows[:2])
    later = KNOWN + timedelta(days=1)
    assert conclude(analyst, rows[:1], is_suspicious=False, known_at=later) == [rows[0].pk]
    label, past = Label.objects.get(transaction=rows[0]), PastLabel.objects.get()
    greatest = max(row.pk for row in rows)
    assert (label.is_suspicious, label.known_at) == (False, later)
    assert label.watermark == past.replaced_after >= greatest
    assert (past.is_suspicious, past.origin, past.replaced_by, past.watermark) == (True, "case", None, 0)
    assert Label.objects.get(transaction=rows[1]).is_suspicious


def test_nothing_is_concluded_of_nothing(analyst, rows):
    assert conclude(analyst, []) == []
    assert not Label.objects.exists()


def test_many_are_written_in_few_statements(analyst, bank, django_assert_max_num_queries):
    owner = factories.account(of=bank)
    many = [factories.transaction(of=owner) for _ in range(60)]
    # Of them two are of the frame, on PostgreSQL: the actor's row is share-locked and read again.
    with django_assert_max_num_queries(6):
        assert len(conclude(analyst, many)) == 60


@pytest.mark.parametrize("origin", [LabelOrigin.TRANSACTION, LabelOrigin.BATCH])
def test_what_comes_from_outside_comes_in_another_way(analyst, rows, origin):
    with pytest.raises(ValueError, match="from outside"):
        conclude(analyst, rows, origin=origin)
    assert not Label.objects.exists()


def test_a_label_from_outside_and_a_conclusion_stand_side_by_side(service, analyst, rows):
    assert from_outside(service, rows[0], "false") == "accepted"
    assert conclude(analyst, rows[:2]) == [rows[0].pk, rows[1].pk]
    assert from_outside(service, rows[1], "false") == "accepted"  # there was none from outside
    assert standing() == {
        (rows[0].pk, "batch", False), (rows[0].pk, "case", True),
        (rows[1].pk, "case", True), (rows[1].pk, "batch", False),
    }  # fmt: skip


def test_a_correction_from_outside_leaves_the_conclusion_alone(service, analyst, rows):
    Label.objects.create(transaction=rows[0], is_suspicious=False, known_at=KNOWN)
    conclude(analyst, rows[:1], is_suspicious=False)
    conclusion = Label.objects.filter(origin=LabelOrigin.CASE).values().get()
    assert from_outside(service, rows[0], "true") == "corrected"
    assert Label.objects.filter(origin=LabelOrigin.CASE).values().get() == conclusion
    outside = Label.objects.exclude(origin=LabelOrigin.CASE).get()
    assert (outside.origin, outside.is_suspicious, outside.label_batch) == ("batch", True, LabelBatch.objects.get())
    assert PastLabel.objects.get().is_suspicious is False
    assert from_outside(service, rows[0], "true") == "duplicate"


def test_the_database_keeps_one_label_for_each_transaction_and_origin(analyst, rows):
    conclude(analyst, rows[:1])
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        Label.objects.create(transaction=rows[0], origin=LabelOrigin.CASE, is_suspicious=False, known_at=KNOWN)
    for origin in (LabelOrigin.TRANSACTION, LabelOrigin.CASE):
        Label.objects.create(transaction=rows[1], origin=origin, is_suspicious=False, known_at=KNOWN)
    assert Label.objects.count() == 3


def test_the_database_keeps_a_batch_with_what_came_in_one_and_with_nothing_else(bank, service, rows):
    batch = LabelBatch.objects.create(source=bank, actor=service)
    for origin, of in ((LabelOrigin.BATCH, None), (LabelOrigin.TRANSACTION, batch), (LabelOrigin.CASE, batch)):
        with pytest.raises(DatabaseError, match=r"(?i)constraint"), transaction.atomic():
            Label.objects.create(transaction=rows[0], origin=origin, label_batch=of, is_suspicious=True, known_at=KNOWN)
    Label.objects.create(
        transaction=rows[0], origin=LabelOrigin.BATCH, label_batch=batch, is_suspicious=True, known_at=KNOWN
    )


def test_conclusions_are_read_on_their_cases_only(analyst, admin, superuser, rows):
    """Whoever may read transactions need not see the case: lists of labels show what came from outside."""
    conclude(analyst, rows)
    outside = Label.objects.create(transaction=rows[0], is_suspicious=False, known_at=KNOWN)
    for person in (analyst, admin, superuser):
        assert list(selectors.labels_visible(person)) == [outside]
    client = Client()
    client.force_login(superuser)
    assert [row["is_suspicious"] for row in client.get("/api/v1/labels").json()["results"]] == [False]
    listed = client.get(reverse("admin:transactions_label_changelist"))
    assert [label.pk for label in listed.context["cl"].result_list] == [outside.pk]
    conclusion = Label.objects.filter(origin=LabelOrigin.CASE).first()
    assert conclusion is not None
    hidden = client.get(reverse("admin:transactions_label_change", args=[conclusion.pk]), follow=True)
    assert "Label object" not in hidden.content.decode()
