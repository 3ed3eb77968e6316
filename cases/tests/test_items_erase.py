"""What people wrote of incidents and cases goes with whom it is about; no event or digest tells it, before or after."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps

from approvals.models import ApprovalRequest
from approvals.tests.factories import closing_request, decide
from cases import selectors, services
from cases.models import Case, CaseSubject, Incident, Note, Queue
from cases.services.items_erase import items_erase
from finobs.accounts.models import User
from finobs.core import clock
from finobs.core.errors import NotAllowed
from finobs.ledger.models import Event
from finobs.ledger.services.seal import seal
from finobs.ledger.tests.conftest import ledger_files, ledger_key
from finobs.ledger.verification import verify
from tests import factories
from transactions.choices import PartyRole
from transactions.models import Account, AccountParty, Customer
from transactions.parties.services.customer_erase import ERASED_TEXT

assert ledger_files
assert ledger_key
pytestmark = pytest.mark.django_db
MOVE = "Ana Berg is known to that team, who have looked at her accounts twice already, in spring and again in autumn."
TEXTS = {
    "title": "Ana Berg at the counter", "text": "Ana Berg paid in cash, twice.", "waiting_for": "Ana Berg's answer",
    "reason": MOVE, "rationale": "Ana Berg gave her card to a friend.",
}  # fmt: skip


@pytest.fixture
def ana(queue: Queue) -> Customer:
    return known_as("Ana Berg")


def known_as(name: str) -> Customer:
    account = factories.account()
    return Customer.objects.create(source=account.source, external_id=f"C-{account.pk}", unit=account.unit, name=name)


@pytest.fixture
def items(ana: Customer, queue: Queue, analyst: User, lead: User) -> tuple[Incident, Case]:
    """An incident and the case that it became, with everything that people can write of them; both are over."""
    other = factories.queue()
    factories.grant(analyst, "work", other)
    incident = services.incident_open(
        actor=analyst, queue=other, typology="structuring", title=TEXTS["title"], text=TEXTS["text"], customer=ana
    )
    services.item_move(actor=analyst, item=incident, queue=queue, reason=MOVE)
    queue.is_default = True
    queue.save()
    case = services.incident_escalate(actor=analyst, item=incident, reason="Ana Berg did it again.")
    services.item_take(actor=analyst, item=case)
    services.item_wait(
        actor=analyst, item=case, waiting_for=TEXTS["waiting_for"], until=clock.now() + timedelta(days=1)
    )
    close(analyst, lead, case)
    services.item_reopen(actor=lead, item=case, reason="Ana Berg wrote to the branch.")
    close(analyst, lead, case)
    return Incident.objects.get(), Case.objects.get()


def close(analyst: User, lead: User, case: Case) -> None:
    case = services.item_take(actor=analyst, item=case)
    decide(lead, closing_request(analyst, case, rationale=TEXTS["rationale"]))


def dump() -> str:
    """Everything in every table of finobs, as text."""
    models = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    values = [value for model in models for row in model._base_manager.values_list() for value in row]
    return "\n".join(
        bytes(each).decode("utf-8", "replace") if isinstance(each, bytes | memoryview) else str(each) for each in values
    )


def salts_of() -> list[bytes]:
    models: tuple[Any, ...] = (Incident, Case, Note)
    return [bytes(salt) for model in models for salt in model.objects.values_list("salt", flat=True)]


def event_text() -> str:
    return b"\n".join(bytes(body) for body in Event.objects.values_list("body", flat=True)).decode()


def test_no_event_says_what_people_wrote_and_the_timeline_does(items: tuple[Incident, Case], lead: User) -> None:
    assert "Ana Berg" not in event_text()
    lines = [f"{each.title} {each.text}" for item in items for each in selectors.item_timeline(lead, item)]
    for text in (*(TEXTS[name] for name in ("text", "waiting_for", "reason", "rationale")), "Ana Berg did it again."):
        assert [line for line in lines if text in line], text


def test_it_is_erased_everywhere_and_status_and_conclusion_stay(
    items: tuple[Incident, Case], ana: Customer, superuser: User
) -> None:
    # What is theirs is erased by the customer's own service.
    for rows in (Customer.objects, Customer.history):
        rows.filter(id=ana.pk).update(name="")
    salts = set(salts_of())
    assert dump().count("Ana Berg") > 10
    assert items_erase(actor=superuser, customer=ana) == 2
    assert "Ana Berg" not in dump()
    incident, case = Incident.objects.get(), Case.objects.get()
    assert (incident.title, case.rationale, case.waiting_for) == ("", "", "")
    assert (incident.status, case.status, case.disposition) == ("escalated", "closed", "confirmed")
    assert [note.text for note in Note.objects.all()] == [ERASED_TEXT]
    assert not salts & set(salts_of())
    assert {(request.state, str(request.snapshot)) for request in ApprovalRequest.objects.all()} == {("used", "{}")}


@pytest.mark.usefixtures("ledger_files", "ledger_key")
def test_no_digest_confirms_a_guess_and_the_ledger_verifies(
    items: tuple[Incident, Case], ana: Customer, superuser: User
) -> None:
    rationale = {"rationale": TEXTS["rationale"]}
    # With the salt whoever has the text can confirm it: or what follows would prove nothing.
    assert digest(bytes(items[1].salt), rationale) in event_text()
    snapshot = ApprovalRequest.objects.latest("id").snapshot
    items_erase(actor=superuser, customer=ana)
    everything = event_text()
    salts = [b"", *salts_of()]
    guesses: list[Any] = [{name: text} for name, text in TEXTS.items()]
    for salt in salts:
        assert not [guess for guess in guesses if digest(salt, guess) in everything]
        guess = snapshot | {"rationale_digest": digest(salt, rationale)}
        tried = json.dumps(guess, sort_keys=True, separators=(",", ":")).encode()
        assert hashlib.sha256(tried).hexdigest() not in everything
    assert not [text for text in TEXTS.values() if hashlib.sha256(text.encode()).hexdigest() in everything]
    seal()
    assert verify().ok


def digest(salt: bytes, content: Any) -> str:
    body = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.digest(salt, body.encode(), "sha256").hex()


def test_a_case_about_two_is_erased_with_the_last_of_them(
    items: tuple[Incident, Case], ana: Customer, superuser: User
) -> None:
    ben = known_as("Ben")
    CaseSubject.objects.create(case=items[1], customer=ben)
    assert items_erase(actor=superuser, customer=ana) == 1
    assert Case.objects.get().rationale == TEXTS["rationale"]
    Customer.objects.filter(pk=ana.pk).update(erased_at=clock.now())
    assert items_erase(actor=superuser, customer=ben) == 1
    assert Case.objects.get().rationale == ""


def test_what_is_about_a_joint_account_is_erased_with_the_last_who_has_a_role_at_it(
    ana: Customer, queue: Queue, superuser: User
) -> None:
    ben, account = known_as("Ben"), Account.objects.latest("id")
    for customer in (ana, ben):
        AccountParty.objects.create(
            account=account, customer=customer, role=PartyRole.JOINT_HOLDER, valid_from=factories.NOON.date(),
            recorded_at=factories.NOON, recorded_by=superuser, digest=b"",
        )  # fmt: skip
    factories.case(of=account, inside=queue, status="closed", disposition="no_action", reason_code="x",
                   closed_at=factories.NOON, rationale="Their rent.")  # fmt: skip
    assert items_erase(actor=superuser, customer=ben) == 0
    Customer.objects.filter(pk=ben.pk).update(erased_at=clock.now())
    assert items_erase(actor=superuser, customer=ana) == 1


def test_who_may_erase_nobody_is_refused(items: tuple[Incident, Case], ana: Customer, analyst: User) -> None:
    with pytest.raises(NotAllowed):
        items_erase(actor=analyst, customer=ana)
    assert Case.objects.get().rationale == TEXTS["rationale"]
