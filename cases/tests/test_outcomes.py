"""Cases closed as confirmed are outcomes, known since their closing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.choices import CaseStatus, Disposition
from cases.models import Case
from detection import hooks
from detection.features import confirmations, history
from detection.models import Alert
from tests import factories

pytestmark = pytest.mark.django_db
SINCE = factories.NOON - timedelta(days=37)
CLOSED = factories.NOON + timedelta(days=2)


@pytest.fixture
def alert(queue):
    queue.is_default = True
    queue.save()
    made = factories.alert()
    hooks.gather([made])
    return Alert.objects.select_related("transaction").get(pk=made.pk)


def close(disposition):
    Case.objects.update(
        status=CaseStatus.CLOSED,
        disposition=disposition,
        closed_at=CLOSED,
        reason_code="other_suspicion",
        rationale="Seen.",
    )


def asked(alert):
    return confirmations.confirmations_of([alert.account_id], [], SINCE)


def test_a_confirmed_case_makes_its_transactions_outcomes(alert):
    assert asked(alert) == []
    close(Disposition.CONFIRMED)
    (found,) = asked(alert)
    assert (found.transaction_id, found.known_at) == (alert.transaction_id, CLOSED)
    assert confirmations.confirmations_of([], [alert.transaction.counterparty_id], SINCE) == [found]
    assert confirmations.confirmations_of(None, [], SINCE) == [found]


@pytest.mark.parametrize("disposition", [Disposition.FALSE_POSITIVE, Disposition.NO_ACTION])
def test_any_other_conclusion_makes_none(alert, disposition):
    close(disposition)
    assert asked(alert) == []


def test_others_and_older_ones_are_left_out(alert):
    close(Disposition.CONFIRMED)
    assert confirmations.confirmations_of([alert.account_id + 1000], [], SINCE) == []
    assert confirmations.confirmations_of([alert.account_id], [], factories.NOON) == []
    assert confirmations.confirmations_of(list(range(10_000)), [], SINCE) == asked(alert)


def test_a_transaction_after_the_closing_sees_it_and_one_before_does_not(alert):
    close(Disposition.CONFIRMED)
    owner = alert.account
    for days, frauds in ((1, 0), (3, 1)):
        row = factories.transaction(of=owner, occurred_at=factories.NOON + timedelta(days=days))
        assert history.of_transactions([row])["account_frauds_7"].tolist() == [frauds]


def test_a_closed_case_says_of_each_transaction_what_was_concluded(alert):
    assert list(hooks.dispositions() or ()) == []
    for disposition, is_suspicious in ((Disposition.CONFIRMED, True), (Disposition.NO_ACTION, False)):
        close(disposition)
        (found,) = list(hooks.dispositions() or ())
        assert (found.transaction_id, found.is_suspicious) == (alert.transaction_id, is_suspicious)
        assert (found.known_at, found.occurred_at) == (CLOSED, alert.transaction.occurred_at)
