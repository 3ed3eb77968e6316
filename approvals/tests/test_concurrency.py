"""Many at once: PostgreSQL locks rows, SQLite lets one transaction write at a time."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from approvals.choices import RequestState
from approvals.models import ApprovalDecision, ApprovalPolicy, ApprovalRequest
from cases.models import Case
from cases.services import case_take, note_add
from finobs.accounts.models import User
from finobs.core.errors import FinobsError
from finobs.ledger.models import Event
from tests import factories

from .asking import ask, decide

pytestmark = pytest.mark.django_db(transaction=True)


def try_(act: object) -> str:
    try:
        act()  # type: ignore[operator]
    except FinobsError as refused:
        return refused.code
    finally:
        connection.close()
    return "done"


def people() -> tuple[Case, User, User]:
    queue = factories.queue()
    analyst, lead = factories.user("Ana", role="analyst"), factories.user("Leo", role="compliance")
    factories.grant(analyst, "work", queue)
    factories.grant(lead, "lead", queue)
    return case_take(actor=analyst, case=factories.case(inside=queue)), analyst, lead


@pytest.mark.parametrize("quorum", [1, 2])
def test_fifty_approvals_by_one_person_count_once(quorum: int) -> None:
    case, analyst, lead = people()
    ApprovalPolicy.objects.create(action="cases.close", quorum=quorum)
    request = ask(analyst, case)
    with ThreadPoolExecutor(16) as threads:
        outcomes = Counter(threads.map(lambda _: try_(lambda: decide(lead, request)), range(50)))
    request.refresh_from_db()
    assert outcomes["done"] == 1, outcomes
    assert ApprovalDecision.objects.count() == 1
    assert request.state == (RequestState.USED if quorum == 1 else RequestState.PENDING)
    assert Event.objects.filter(action="case.close").count() == (1 if quorum == 1 else 0)


def test_approving_and_editing_at_once_never_closes_on_what_was_not_shown() -> None:
    for _ in range(8):
        case, analyst, lead = people()
        request = ask(analyst, case)
        with ThreadPoolExecutor(2) as threads:
            decided = threads.submit(try_, lambda: decide(lead, request))  # noqa: B023
            noted = threads.submit(try_, lambda: note_add(actor=analyst, case=case, text="One more thing."))  # noqa: B023
        outcomes = (decided.result(), noted.result())
        state = ApprovalRequest.objects.get(pk=request.pk).state
        assert (outcomes[0] == "done") == (state == RequestState.USED)
        assert outcomes.count("done") == 1, outcomes
