"""Policies: how many must approve an action, and for how long a request stands."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import ApprovalPolicy
from approvals.services import policy_set
from finobs.accounts.models import User
from finobs.core.errors import Invalid, NotAllowed, NotFound
from tests.support.ledger_events import last_event
from tests.support.locks import locked_models

CLOSE, PROMOTE = "cases.close", "detection.model_promote"


@pytest.fixture
def policy_of_another_action(db: None) -> ApprovalPolicy:
    return ApprovalPolicy.objects.create(action=PROMOTE, quorum=3, expires_after_hours=5)


@pytest.fixture
def policy(policy_of_another_action: ApprovalPolicy) -> ApprovalPolicy:
    return ApprovalPolicy.objects.create(action=CLOSE, quorum=1, expires_after_hours=72)


def values(action: str) -> tuple[int, int]:
    policy = ApprovalPolicy.objects.get(action=action)
    return policy.quorum, policy.expires_after_hours


def test_a_first_policy_of_an_action_is_created(policy_of_another_action: ApprovalPolicy, admin: User) -> None:
    policy = policy_set(actor=admin, action=CLOSE, quorum=2, expires_after_hours=24)
    assert policy.pk != policy_of_another_action.pk
    assert (values(CLOSE), values(PROMOTE)) == ((2, 24), (3, 5))
    assert (policy.history.get().history_user, policy.history.get().history_type) == (admin, "+")


def test_a_policy_is_changed_in_its_own_row_and_no_other(policy: ApprovalPolicy, admin: User) -> None:
    assert policy_set(actor=admin, action=CLOSE, quorum=2, expires_after_hours=24).pk == policy.pk
    assert (values(CLOSE), values(PROMOTE), ApprovalPolicy.objects.count()) == ((2, 24), (3, 5), 2)
    assert policy.history.latest().history_type == "~"


def test_the_event_of_a_policy_holds_its_values_and_its_history(policy: ApprovalPolicy, admin: User) -> None:
    policy_set(actor=admin, action=CLOSE, quorum=2, expires_after_hours=24)
    event = last_event("policy.set")
    assert event["data"] == {"action": CLOSE, "quorum": 2, "expires_after_hours": 24}
    assert event["subject"] == {"type": "approvals.approvalpolicy", "id": str(policy.pk)}
    history = [{"type": "approvals.historicalapprovalpolicy", "id": str(policy.history.latest().pk)}]
    assert (event["actor"]["id"], event["history"]) == (str(admin.pk), history)


@pytest.mark.parametrize(("quorum", "hours"), [(1, 1), (10, 24 * 90)])
def test_the_limits_of_a_policy_belong_to_it(admin: User, quorum: int, hours: int) -> None:
    policy_set(actor=admin, action=CLOSE, quorum=quorum, expires_after_hours=hours)
    assert values(CLOSE) == (quorum, hours)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"quorum": 0}, "At least 1 and at most 10 people."),
        ({"quorum": 11}, "At least 1 and at most 10 people."),
        ({"expires_after_hours": 0}, "At least 1 hour and at most 90 days."),
        ({"expires_after_hours": 24 * 90 + 1}, "At least 1 hour and at most 90 days."),
        ({"action": "cases.burn"}, "'cases.burn' is no action that can be approved."),
    ],
)
def test_a_policy_beyond_its_limits_is_refused_by_field(
    policy: ApprovalPolicy, admin: User, change: dict[str, Any], text: str
) -> None:
    with pytest.raises(Invalid) as error:
        policy_set(**{"actor": admin, "action": CLOSE, "quorum": 2, "expires_after_hours": 24, **change})
    assert error.value.fields == {next(iter(change)): [text]}
    assert (values(CLOSE), ApprovalPolicy.objects.count()) == ((1, 72), 2)


@pytest.mark.parametrize("action", [CLOSE, PROMOTE])
def test_a_person_without_system_config_neither_creates_nor_changes_a_policy(
    policy_of_another_action: ApprovalPolicy, lead: User, auditor: User, stranger: User, action: str
) -> None:
    for person in (lead, auditor, stranger):
        with pytest.raises((NotAllowed, NotFound)):
            policy_set(actor=person, action=action, quorum=1, expires_after_hours=1)
    assert list(ApprovalPolicy.objects.values_list("action", "quorum")) == [(PROMOTE, 3)]


def test_a_policy_is_locked_before_it_is_changed(policy: ApprovalPolicy, admin: User) -> None:
    with locked_models() as labels:
        policy_set(actor=admin, action=CLOSE, quorum=2, expires_after_hours=24)
    assert labels == ["approvals.approvalpolicy"]
