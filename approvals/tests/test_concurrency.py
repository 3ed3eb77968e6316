"""Many at once: PostgreSQL locks rows, SQLite lets one transaction write at a time."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.choices import RequestState
from approvals.models import ApprovalDecision, ApprovalPolicy, ApprovalRequest
from approvals.services import request_withdraw
from cases.choices import CaseStatus
from cases.models import Case, Queue
from cases.services import item_take, note_add
from detection.choices import Typology
from finobs.accounts.models import User
from finobs.ledger.models import Event
from tests import factories
from tests.support.escalation import escalated
from tests.support.threads import at_once, attempt

from .factories import closing_request, decide

pytestmark = pytest.mark.django_db(transaction=True)


def leader(queue: Queue, name: str = "Leo") -> User:
    lead = factories.user(name, role="compliance")
    factories.grant(lead, "lead", queue)
    return lead


def people() -> tuple[Case, User, User]:
    queue = factories.queue()
    analyst = factories.user("Ana", role="analyst")
    factories.grant(analyst, "work", queue)
    return item_take(actor=analyst, item=factories.case(inside=queue)), analyst, leader(queue)


@pytest.mark.parametrize("quorum", [1, 2])
def test_fifty_approvals_by_one_person_count_once(quorum: int) -> None:
    case, analyst, lead = people()
    ApprovalPolicy.objects.create(action="cases.close", quorum=quorum)
    request = closing_request(analyst, case)
    with ThreadPoolExecutor(16) as threads:
        outcomes = Counter(threads.map(lambda _: attempt(lambda: decide(lead, request)), range(50)))
    request.refresh_from_db()
    assert outcomes["done"] == 1, outcomes
    assert ApprovalDecision.objects.count() == 1
    assert request.state == (RequestState.USED if quorum == 1 else RequestState.PENDING)
    assert Event.objects.filter(action="case.close").count() == (1 if quorum == 1 else 0)


def test_approving_and_editing_at_once_never_closes_on_what_was_not_shown() -> None:
    for _ in range(8):
        case, analyst, lead = people()
        request = closing_request(analyst, case)
        with ThreadPoolExecutor(2) as threads:
            decided = threads.submit(attempt, lambda: decide(lead, request))  # noqa: B023
            noted = threads.submit(attempt, lambda: note_add(actor=analyst, item=case, text="One more thing."))  # noqa: B023
        outcomes = (decided.result(), noted.result())
        state = ApprovalRequest.objects.get(pk=request.pk).state
        assert (outcomes[0] == "done") == (state == RequestState.USED)
        assert outcomes.count("done") == 1, outcomes


@pytest.mark.parametrize("quorum", [1, 2])
def test_two_people_who_approve_at_once_carry_it_out_once(quorum: int) -> None:
    for _ in range(6):
        case, analyst, lead = people()
        other = leader(case.queue, "Lin")
        ApprovalPolicy.objects.update_or_create(action="cases.close", defaults={"quorum": quorum})
        request = closing_request(analyst, case)
        outcomes = at_once(lambda: decide(lead, request), lambda: decide(other, request))  # noqa: B023
        request.refresh_from_db()
        assert request.state == RequestState.USED
        assert sorted(outcomes) == (["done", "done"] if quorum == 2 else ["done", "invalid-transition"])
        assert request.decisions.count() == quorum
        closings = Event.objects.filter(action="case.close", subject_id=str(case.pk))
        assert closings.count() == Event.objects.filter(action="approval.use", subject_id=str(request.pk)).count() == 1


def test_withdrawing_and_approving_at_once_is_one_of_the_two() -> None:
    for _ in range(8):
        case, analyst, lead = people()
        request = closing_request(analyst, case)
        outcomes = at_once(
            lambda: decide(lead, request),  # noqa: B023
            lambda: request_withdraw(actor=analyst, request=request),  # noqa: B023
        )
        request.refresh_from_db()
        case.refresh_from_db()
        assert sorted(outcomes) == ["done", "invalid-transition"]
        approved = outcomes[0] == "done"
        assert request.state == (RequestState.USED if approved else RequestState.WITHDRAWN)
        assert case.status == (CaseStatus.CLOSED if approved else CaseStatus.OPEN)
        assert request.decisions.count() == int(approved)


def test_approving_while_an_alert_comes_in_closes_only_on_the_alerts_that_were_shown() -> None:
    for _ in range(8):
        case, analyst, lead = people()
        Queue.objects.filter(pk=case.queue_id).update(typologies=[Typology.LARGE_AMOUNT])
        escalated(alerts=[factories.alert(of=case.account)])
        request = closing_request(analyst, case)
        late = factories.alert(of=case.account)
        outcomes = at_once(lambda: decide(lead, request), lambda: escalated(alerts=[late]))  # noqa: B023
        request.refresh_from_db()
        case.refresh_from_db()
        gathered = Case.objects.get(case_alerts__alert=late)
        assert outcomes[1] == "done"
        if outcomes[0] == "done":
            assert (request.state, case.status, case.case_alerts.count()) == (RequestState.USED, CaseStatus.CLOSED, 1)
            assert (gathered.status, gathered.pk != case.pk) == (CaseStatus.NEW, True)
        else:
            assert outcomes[0] in ("conflict", "invalid-transition")
            assert (request.state, case.status, gathered) == (RequestState.VOID, CaseStatus.OPEN, case)
            assert not request.decisions.exists()
        Queue.objects.filter(pk=case.queue_id).update(typologies=[])
