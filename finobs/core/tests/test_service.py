"""The frame around every write, and the gate in it."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from finobs.core import gate
from finobs.core.errors import ApprovalRequired, Conflict, NotAllowed
from finobs.core.service import service

pytestmark = pytest.mark.django_db


@service
def write(name, fail=None):
    Group.objects.create(name=name)
    if fail:
        raise fail
    return name


def test_a_service_commits_what_it_wrote():
    assert write("kept") == "kept"
    assert Group.objects.filter(name="kept").exists()


def test_a_refusal_leaves_nothing_behind():
    with pytest.raises(Conflict):
        write("lost", fail=Conflict())
    assert not Group.objects.filter(name="lost").exists()


def test_a_request_for_approval_survives_its_exception():
    with pytest.raises(ApprovalRequired) as raised:
        write("asked", fail=ApprovalRequired(7))
    assert raised.value.request_id == 7
    assert Group.objects.filter(name="asked").exists()


def test_a_service_inside_a_service_keeps_the_request_too():
    @service
    def outer():
        write("inner", fail=ApprovalRequired(8))

    with pytest.raises(ApprovalRequired):
        outer()
    assert Group.objects.filter(name="inner").exists()


def test_a_service_joins_the_callers_transaction():
    def caller():
        with transaction.atomic():
            write("joined")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        caller()
    assert not Group.objects.filter(name="joined").exists()


def test_the_guard_is_asked_for_exactly_this(monkeypatch):
    asked = []

    class Guard:
        def require_approval(self, **request):
            asked.append(request)
            raise ApprovalRequired(7)

        def subject_changed(self, **change):
            asked.append(change)

    monkeypatch.setattr(gate, "_guard", Guard())
    request: dict[str, Any] = {"actor": "Ana", "action": "cases.close", "subject": Group(), "payload": {"a": 1}}
    with pytest.raises(ApprovalRequired):
        gate.require_approval(**request)
    gate.subject_changed(actor="Ana", subject=request["subject"])
    assert asked == [request, {"actor": "Ana", "subject": request["subject"]}]


def test_nothing_passes_an_unguarded_gate(monkeypatch):
    monkeypatch.setattr(gate, "_guard", None)
    with pytest.raises(NotAllowed):
        gate.require_approval(actor=None, action="cases.close", subject=Group(), payload={})
    gate.subject_changed(actor=None, subject=Group())


def test_the_second_of_two_who_make_the_same_is_told_so():
    write("once")
    with pytest.raises(Conflict, match="Somebody else"):
        write("once")


def test_what_else_the_database_refuses_is_a_fault():
    with pytest.raises(IntegrityError):
        write(None)
