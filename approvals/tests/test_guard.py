"""Asking at the gate: one request waits for one thing, and what is asked of one subject is nothing to another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from approvals import eligibility, registry
from approvals.choices import RequestState
from approvals.models import ApprovalPolicy, ApprovalRequest
from approvals.selectors import may_decide, may_withdraw
from approvals.services import request_withdraw
from cases.models import Case
from detection.ml.registry.services import model_promote, model_retire
from detection.models import ModelVersion
from finobs.accounts.models import User
from finobs.core import clock, gate
from finobs.core.errors import ApprovalRequired
from finobs.ledger.models import Event
from tests import factories

from .factories import closing_request, decide


def promote(actor: User, version: ModelVersion, reason: str = "Better.") -> ApprovalRequest:
    with pytest.raises(ApprovalRequired) as waiting:
        model_promote(actor=actor, model_version=version, reason=reason)
    return ApprovalRequest.objects.get(pk=waiting.value.request_id)


@pytest.fixture
def versions(db: None) -> list[ModelVersion]:
    return [factories.model_version(), factories.model_version()]


def states(*requests: ApprovalRequest) -> list[str]:
    return [ApprovalRequest.objects.get(pk=request.pk).state for request in requests]


def test_the_same_again_is_answered_with_the_request_that_waits(superuser: User, versions: list[ModelVersion]) -> None:
    first, other = promote(superuser, versions[0]), promote(superuser, versions[1])
    assert promote(superuser, versions[0]) == first != other
    assert ApprovalRequest.objects.count() == 2


def test_something_else_takes_the_place_of_what_waits(superuser: User, versions: list[ModelVersion]) -> None:
    first, other = promote(superuser, versions[0]), promote(superuser, versions[1])
    second = promote(superuser, versions[0], "Fewer false alerts.")
    assert states(first, other, second) == [RequestState.VOID, RequestState.PENDING, RequestState.PENDING]
    first.refresh_from_db()
    assert first.end_reason == "Something else was asked for since."
    assert list(Event.objects.filter(action="approval.void").values_list("subject_id", flat=True)) == [str(first.pk)]


def test_the_same_is_asked_anew_when_what_waits_has_run_out(superuser: User, versions: list[ModelVersion]) -> None:
    first = promote(superuser, versions[0])
    with clock.at(first.expires_at + timedelta(seconds=1)):
        second = promote(superuser, versions[0])
    assert states(first, second) == [RequestState.VOID, RequestState.PENDING]


def test_a_request_is_made_under_the_policy_of_its_own_action(case: Case, analyst: User, superuser: User) -> None:
    ApprovalPolicy.objects.create(action="detection.model_promote", quorum=3, expires_after_hours=5)
    about_case, about_model = closing_request(analyst, case), promote(superuser, factories.model_version())
    hours = [(each.expires_at - each.created_at) / timedelta(hours=1) for each in (about_case, about_model)]
    assert ([about_case.quorum, about_model.quorum], hours) == ([1, 3], [72, 5])


def test_two_things_may_wait_on_one_subject(superuser: User) -> None:
    version = factories.model_version(stage="champion")
    with pytest.raises(ApprovalRequired):
        model_retire(actor=superuser, model_version=version, reason="Noisy.")
    ModelVersion.objects.filter(pk=version.pk).update(stage="challenger")
    promote(superuser, version)
    assert states(*ApprovalRequest.objects.all()) == [RequestState.PENDING, RequestState.PENDING]


def test_a_change_of_one_subject_voids_nothing_of_another_with_the_same_number(
    case: Case, analyst: User, superuser: User
) -> None:
    about_case = closing_request(analyst, case)
    version = factories.model_version(pk=case.pk)
    about_model = promote(superuser, version)
    version.threshold = 0.9
    gate.subject_changed(actor=superuser, subject=version)
    assert states(about_case, about_model) == [RequestState.PENDING, RequestState.VOID]


def test_what_has_not_changed_goes_on_waiting(case: Case, analyst: User, superuser: User) -> None:
    request = closing_request(analyst, case)
    gate.subject_changed(actor=superuser, subject=Case.objects.get(pk=case.pk))
    assert states(request) == [RequestState.PENDING]


def test_why_not_is_said_from_the_rules_that_the_service_refuses_by(
    case: Case, analyst: User, lead: User, auditor: User
) -> None:
    request = closing_request(analyst, case)
    assert may_decide(lead, request) == ""
    assert may_decide(analyst, request) == "You asked for this yourself; somebody else must decide."
    assert may_decide(auditor, request) == "Your grants do not include deciding on this."
    with clock.at(request.expires_at + timedelta(seconds=1)):
        assert may_decide(lead, request) == "This request has expired."
    decided = decide(lead, request)
    assert may_decide(lead, decided) == "This request is not pending: approved and carried out."


def test_only_who_asked_may_withdraw_and_only_while_it_waits(case: Case, analyst: User, lead: User) -> None:
    request = closing_request(analyst, case)
    assert (may_withdraw(analyst, request), may_withdraw(lead, request)) == (True, False)
    withdrawn = request_withdraw(actor=analyst, request=request)
    assert (may_withdraw(analyst, withdrawn), may_withdraw(lead, withdrawn)) == (False, False)
    assert eligibility.may_withdraw(analyst, withdrawn) is False


def test_an_action_needs_no_hooks_no_page_and_no_words_of_its_own(db: None) -> None:
    plain = registry.ApprovalAction(
        name="x", label="X", subject_model=Group, decide_action="view", snapshot=lambda *_: {},
        last_editor=lambda _: None, execute=lambda *_: None,
    )  # fmt: skip
    request: Any = ApprovalRequest(action="x")
    assert (plain.url(request), plain.approver_summary({"a": 1}), plain.subject_type) == ("", [], "auth.group")
    plain.on_request(request, Group())
    plain.on_end(request, Group(), User())
