"""What is concluded of a case is written down as labels of its alerts' transactions, known since the closing."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.models import ApprovalRequest
from approvals.services import request_decide
from cases.choices import Disposition
from cases.models import Case, Queue
from cases.services import case_close, item_take
from detection.features import confirmations, history
from detection.models import Alert
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import ApprovalRequired, Conflict
from finobs.ledger.models import Event
from tests import factories
from tests.support.escalation import escalated
from transactions.choices import LabelOrigin
from transactions.models import Account, Label

pytestmark = pytest.mark.django_db
SINCE = factories.NOON - timedelta(days=37)
CLOSED = factories.NOON + timedelta(days=2)
REASONS = {
    Disposition.CONFIRMED: "other_suspicion", Disposition.FALSE_POSITIVE: "data_error",
    Disposition.NO_ACTION: "customer_explained",
}  # fmt: skip


@pytest.fixture
def alert(queue: Queue) -> Alert:
    queue.is_default = True
    queue.save()
    return gathered()


def gathered(of: Account | None = None) -> Alert:
    """An alert in its case."""
    made = factories.alert(of=of)
    escalated(alerts=[made])
    return Alert.objects.select_related("transaction", "case_alert__case").get(pk=made.pk)


@pytest.fixture
def close(analyst: User, lead: User) -> Any:
    """close(case, disposition): proposed by the analyst and approved by the lead, at CLOSED."""

    def propose_and_approve(case: Case, disposition: str, at: datetime = CLOSED) -> Case:
        with clock.at(at):
            taken = item_take(actor=analyst, item=case)
            with pytest.raises(ApprovalRequired) as waiting:
                case_close(
                    actor=analyst, item=taken, disposition=disposition, reason_code=REASONS[Disposition(disposition)],
                    rationale="Looked at and understood.", version=taken.version,
                )  # fmt: skip
            request = ApprovalRequest.objects.get(pk=waiting.value.request_id)
            request_decide(actor=lead, request=request, vote="approve", digest=request.digest)
        return Case.objects.get(pk=case.pk)

    return propose_and_approve


def case_of(alert: Alert) -> Case:
    return Case.objects.get(case_alerts__alert=alert)


def confirmed(alert: Alert) -> list[confirmations.Confirmation]:
    return confirmations.confirmations_of([alert.account.pk], [], SINCE)


def labels() -> list[tuple[int, bool]]:
    rows = Label.objects.filter(origin=LabelOrigin.CASE).order_by("transaction_id")
    return list(rows.values_list("transaction_id", "is_suspicious"))


def closing_data(case: Case) -> dict[str, Any]:
    event = Event.objects.get(action="case.close", subject_id=str(case.pk))
    data: dict[str, Any] = json.loads(bytes(event.body))["data"]
    return data


def test_a_confirmed_case_makes_its_transactions_outcomes(alert: Alert, close: Any) -> None:
    assert confirmed(alert) == []
    close(case_of(alert), Disposition.CONFIRMED)
    (confirmation,) = confirmed(alert)
    assert (confirmation.transaction_id, confirmation.known_at) == (alert.transaction_id, CLOSED)
    assert (confirmation.visible_after, confirmation.visible_until) == (0, confirmations.NEVER)
    assert alert.transaction.counterparty_id is not None
    assert confirmations.confirmations_of([], [alert.transaction.counterparty_id], SINCE) == [confirmation]
    assert confirmations.confirmations_of(None, [], SINCE) == [confirmation]


@pytest.mark.parametrize("disposition", [Disposition.FALSE_POSITIVE, Disposition.NO_ACTION])
def test_any_other_conclusion_makes_none(alert: Alert, close: Any, disposition: str) -> None:
    close(case_of(alert), disposition)
    assert confirmed(alert) == []
    assert labels() == [(alert.transaction_id, False)]


def test_labels_of_other_and_of_older_transactions_are_left_out(alert: Alert, close: Any) -> None:
    close(case_of(alert), Disposition.CONFIRMED)
    assert confirmations.confirmations_of([alert.account.pk + 1000], [], SINCE) == []
    assert confirmations.confirmations_of([alert.account.pk], [], factories.NOON) == []
    # More accounts than one statement lists, whatever the sequence has come to.
    assert confirmations.confirmations_of([*range(10_000), alert.account.pk], [], SINCE) == confirmed(alert)


def test_a_transaction_after_the_closing_sees_it_and_one_before_does_not(alert: Alert, close: Any) -> None:
    owner = alert.account
    earlier_id = factories.transaction(of=owner, occurred_at=factories.NOON + timedelta(days=3))
    close(case_of(alert), Disposition.CONFIRMED)
    for days, frauds in ((1, 0), (3, 1)):
        row = factories.transaction(of=owner, occurred_at=factories.NOON + timedelta(days=days))
        assert history.of_transactions([row])["account_frauds_7"].tolist() == [frauds]
    # It came in before the closing, dated ahead of it: described again, it is told.
    assert history.of_transactions([earlier_id])["account_frauds_7"].tolist() == [1]


@pytest.mark.parametrize(
    ("disposition", "is_suspicious"), [(Disposition.CONFIRMED, True), (Disposition.NO_ACTION, False)]
)
def test_a_closed_case_says_of_each_transaction_what_was_concluded(
    alert: Alert, close: Any, disposition: str, is_suspicious: bool
) -> None:
    second, elsewhere = gathered(of=alert.account), gathered()
    assert case_of(second) == case_of(alert) != case_of(elsewhere)
    assert labels() == []
    case = close(case_of(alert), disposition)
    mine = sorted([alert.transaction.pk, second.transaction.pk])
    assert labels() == [(pk, is_suspicious) for pk in mine]
    for label in Label.objects.all():
        assert (label.known_at, label.watermark, label.label_batch) == (case.closed_at, 0, None)
        assert label.typology == (alert.typology if is_suspicious else "")


def test_each_case_labels_its_own_alerts(alert: Alert, close: Any) -> None:
    elsewhere = gathered()
    close(case_of(alert), Disposition.CONFIRMED)
    close(case_of(elsewhere), Disposition.FALSE_POSITIVE)
    assert labels() == sorted([(alert.transaction_id, True), (elsewhere.transaction_id, False)])


def test_an_alert_that_comes_after_the_closing_is_not_concluded_by_it(alert: Alert, close: Any) -> None:
    close(case_of(alert), Disposition.CONFIRMED)
    late = gathered(of=alert.account)
    assert case_of(late) != case_of(alert)
    assert labels() == [(alert.transaction_id, True)]
    close(case_of(late), Disposition.NO_ACTION, at=CLOSED + timedelta(days=1))
    assert labels() == sorted([(alert.transaction_id, True), (late.transaction_id, False)])


def test_other_transactions_of_the_account_are_not_concluded(alert: Alert, close: Any) -> None:
    factories.transaction(of=alert.account)
    close(case_of(alert), Disposition.CONFIRMED)
    assert labels() == [(alert.transaction_id, True)]


def test_the_event_of_the_closing_names_the_labels(alert: Alert, close: Any) -> None:
    second, elsewhere = gathered(of=alert.account), gathered()
    first_case = close(case_of(alert), Disposition.CONFIRMED)
    other_case = close(case_of(elsewhere), Disposition.NO_ACTION)
    mine = sorted([alert.transaction.pk, second.transaction.pk])
    assert closing_data(first_case)["labels"] == {"is_suspicious": True, "transactions": [str(pk) for pk in mine]}
    assert closing_data(other_case)["labels"] == {
        "is_suspicious": False, "transactions": [str(elsewhere.transaction_id)],
    }  # fmt: skip


def test_a_conclusion_stands_beside_a_label_from_outside_that_says_otherwise(alert: Alert, close: Any) -> None:
    elsewhere = gathered()
    early, late = CLOSED - timedelta(days=1), CLOSED + timedelta(days=1)
    for row, is_suspicious, known_at in ((alert, False, early), (elsewhere, True, late)):
        Label.objects.create(transaction=row.transaction, is_suspicious=is_suspicious, known_at=known_at)
    close(case_of(alert), Disposition.CONFIRMED)
    close(case_of(elsewhere), Disposition.NO_ACTION)
    assert Label.objects.count() == 4
    # Confirmed once anybody said so, since they did.
    assert [each.known_at for each in confirmed(alert)] == [CLOSED]
    assert [each.known_at for each in confirmed(elsewhere)] == [late]


def test_of_two_who_confirm_the_earlier_counts(alert: Alert, close: Any) -> None:
    Label.objects.create(
        transaction=alert.transaction, is_suspicious=True, known_at=CLOSED - timedelta(days=1),
        watermark=alert.transaction.pk,
    )  # fmt: skip
    close(case_of(alert), Disposition.CONFIRMED)
    told = {(each.visible_after, each.visible_until): each.known_at for each in confirmed(alert)}
    # The label came in late: only what came in after it is told of its earlier moment.
    assert told == {
        (0, alert.transaction_id): CLOSED, (alert.transaction_id, confirmations.NEVER): CLOSED - timedelta(days=1),
    }  # fmt: skip


def test_a_closing_that_cannot_be_carried_out_labels_nothing(
    alert: Alert, analyst: User, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = item_take(actor=analyst, item=case_of(alert))
    with pytest.raises(ApprovalRequired) as waiting:
        case_close(
            actor=analyst, item=taken, disposition="confirmed", reason_code="other_suspicion",
            rationale="Looked at and understood.", version=taken.version,
        )  # fmt: skip
    analyst.groups.clear()
    request = ApprovalRequest.objects.get(pk=waiting.value.request_id)
    with pytest.raises(Conflict, match="could not be carried out"):
        request_decide(actor=lead, request=request, vote="approve", digest=request.digest)
    assert labels() == []
