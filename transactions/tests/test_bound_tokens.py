"""A token that is bound to sources reaches them, what came by them, and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from finobs.accounts.models import User
from finobs.accounts.roles import PERMISSIONS
from finobs.accounts.services import token_create
from finobs.core.errors import Invalid
from tests import factories
from tests.support.ledger_events import last_event
from transactions.models import Source, Transaction

pytestmark = pytest.mark.django_db
ROW = {"external_id": "T-1", "account": "A-1", "occurred_at": "2026-03-01T10:00:00Z", "amount": "5.00"}


@pytest.fixture
def sources() -> tuple[Source, Source]:
    return factories.source("cards"), factories.source("wires")


def headers(person: User, sources: list[str], scopes: Any = PERMISSIONS) -> dict[str, str]:
    _, secret = token_create(
        actor=person, user=person, name="feed", scopes=list(scopes), lifetime=timedelta(days=1), sources=sources
    )
    return {"Authorization": f"Bearer {secret}"}


def send(source: Source, headers: dict[str, str]) -> int:
    body = json.dumps({"source": source.slug, "transactions": [ROW]})
    keyed = headers | {"Idempotency-Key": f"{source.slug}-1"}
    return Client().post(
        "/api/v1/transactions", body, content_type="application/json", headers=keyed
    ).status_code  # fmt: skip


@pytest.mark.parametrize("owner", ["admin", "superuser"])
def test_it_feeds_and_reads_its_sources_only(owner: str, request: Any, sources: tuple[Source, Source]) -> None:
    mine, other = sources
    token = headers(request.getfixturevalue(owner), ["cards"])
    rows = {each: factories.transaction(of=factories.account(of=each)) for each in sources}
    assert (send(mine, token), send(other, token)) == (200, 404)
    for path, found in (
        (f"/api/v1/transactions/{rows[mine].pk}", 200),
        (f"/api/v1/transactions/{rows[other].pk}", 404),
    ):
        assert Client().get(path, headers=token).status_code == found
    listed = Client().get("/api/v1/transactions", headers=token).json()["results"]
    assert {row["source"] for row in listed} == {"cards"}
    assert not Transaction.objects.filter(source=other, external_id="T-1").exists()


@pytest.mark.parametrize("path", ["/api/v1/users", "/api/v1/models", "/api/v1/ledger/events", "/api/v1/queues"])
def test_it_reaches_nothing_that_came_by_no_source(path: str, superuser: User, sources: Any) -> None:
    factories.queue()
    answer = Client().get(path, headers=headers(superuser, ["cards"]))
    assert answer.status_code == 403 or answer.json()["results"] == []
    assert Client().get(path, headers=headers(superuser, [])).status_code == 200


def test_the_event_and_the_list_say_to_which(admin: User, sources: Any) -> None:
    token = headers(admin, ["wires", "cards"])
    assert last_event("token.create")["data"]["sources"] == ["cards", "wires"]
    assert admin.api_tokens.get().sources == ["cards", "wires"]
    assert Client().get("/api/v1/tokens", headers=token).json()["results"][0]["sources"] == ["cards", "wires"]


def test_a_source_that_is_not_there_or_not_theirs_is_refused(admin: User, stranger: User, sources: Any) -> None:
    for person, slug, scopes in ((admin, "gone", ["transaction:read"]), (admin, "x" * 90, ["transaction:read"])):
        with pytest.raises(Invalid) as refusal:
            headers(person, [slug], scopes)
        assert list(refusal.value.fields) == ["sources"]


def test_the_role_of_feeds_brings_rows_in_and_reads_nothing(admin: User, sources: tuple[Source, Source]) -> None:
    machine = factories.user("Cards feed", role="feed", kind="service")
    _, secret = token_create(
        actor=admin, user=machine, name="feed", scopes=["transaction:create"], lifetime=timedelta(days=1)
    )
    token = {"Authorization": f"Bearer {secret}"}
    assert send(sources[0], token) == 200
    for path in ("/api/v1/transactions", "/api/v1/accounts", "/api/v1/cases"):
        assert Client().get(path, headers=token).status_code in (200, 403)
        assert not Client().get(path, headers=token).json().get("results")
