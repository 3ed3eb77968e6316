"""What a token may do: nothing but read without a scope that writes, nothing on pages, and each write by its own scopes.

Every unsafe operation of the API is asked, and every page. Which scopes an operation needs is written down in
`docs/accounts.md`, which is held here to what happens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from finobs.accounts import token_format
from finobs.accounts.models import ApiToken, User
from finobs.accounts.roles import PERMISSIONS, READ_PERMISSIONS
from finobs.core import clock
from finobs.settings.env import BASE_DIR
from tests.support import scenarios
from tests.support.addresses import Address, addresses
from tests.test_url_matrix import PEOPLE, line, read_table, written

pytestmark = pytest.mark.django_db
SAFE = {"GET", "HEAD", "OPTIONS"}
REFUSED = {401, 403, 404}
# It writes nothing: a token is exchanged for five minutes of no more than it may do itself.
EXCHANGE = "POST   /api/v1/auth/token"
ROW = re.compile(r"^\| `([A-Z]+) (/api/\S+)` \| (.*) \|$", re.MULTILINE)


def unsafe() -> list[tuple[str, Address]]:
    listed = [(method, each) for each in addresses() for method in each.methods if each.route.startswith("api/")]
    return [(method, each) for method, each in listed if method not in SAFE and line(method, each) != EXCHANGE]


def bearer(owner: User, scopes: Any) -> dict[str, str]:
    prefix, text = token_format.generate()
    ApiToken.objects.create(
        user=owner, name="scopes", prefix=prefix, digest=token_format.digest(text), scopes=sorted(scopes),
        created_by=owner, expires_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    return {"Authorization": f"Bearer {text}"}


def ask(
    headers: dict[str, str],
    method: str,
    address: Address,
    scene: scenarios.Scene,
    *,
    body: Any = None,
    key: str = "s-1",
) -> int:
    """The status of the answer; whatever it did is undone. `body`: other than a correct one."""
    body = scenarios.body(method, address, scene) if body is None else body
    headers = headers | ({"Idempotency-Key": key} if key else {})
    path, send = "/" + scenarios.fill(address, scene), getattr(Client(raise_request_exception=False), method.lower())
    with transaction.atomic():
        if path.startswith("/api/"):
            response = send(path, json.dumps(body), content_type="application/json", headers=headers)
        else:
            response = send(path, headers=headers)
        transaction.set_rollback(True)
    status: int = response.status_code
    return status


@pytest.fixture
def scene(queue: Any, analyst: User, lead: User, superuser: User) -> scenarios.Scene:
    return scenarios.everything(queue, analyst, lead, superuser)


def jwt(headers: dict[str, str]) -> dict[str, str]:
    answer = Client().post("/api/v1/auth/token", content_type="application/json", headers=headers)
    return {"Authorization": f"Bearer {answer.json()['access']}"}


@pytest.mark.parametrize("exchange", [dict, jwt], ids=["token", "jwt"])
def test_a_token_that_only_reads_is_refused_whatever_it_sends(
    scene: scenarios.Scene, superuser: User, analyst: User, exchange: Any
) -> None:
    assert len(unsafe()) > 30
    before, wrong = written(), []
    for owner in (superuser, analyst):
        headers = exchange(bearer(owner, READ_PERMISSIONS))
        for method, address in unsafe():
            for options in ({}, {"body": {}, "key": ""}, {"body": ["x"], "key": ""}):
                status = ask(headers, method, address, scene, **options)
                wrong += [(owner.name, line(method, address), status)] if status != 403 else []
    assert wrong == []
    assert written() == before


def test_a_page_takes_no_token(scene: scenarios.Scene, superuser: User) -> None:
    headers, table, wrong = bearer(superuser, PERMISSIONS), read_table(), []
    pages = [each for each in addresses() if not each.route.startswith("api/")]
    for address in pages:
        for method in address.methods:
            key = line(method, address)
            status, expected = ask(headers, method, address, scene), table[key][PEOPLE.index("anonymous")]
            wrong += [(key, expected, status)] if status != int(expected) else []
    assert len(pages) > 100
    assert wrong == []


@pytest.fixture
def needed(scene: scenarios.Scene, superuser: User, analyst: User, lead: User, stranger: User) -> dict[str, set[str]]:
    """By operation: the scopes without which it is refused to a token that has all others."""
    # Nobody acts on somebody who may more: of a person without a role an operation needs its own scopes alone.
    bearer(stranger, ["user:list"])
    scene.subjects.update(users=stranger.pk, tokens=stranger.api_tokens.get().pk)
    owners = [(owner, bearer(owner, PERMISSIONS)) for owner in (superuser, analyst, lead)]
    without = {
        owner.pk: {name: bearer(owner, set(PERMISSIONS) - {name}) for name in PERMISSIONS} for owner, _ in owners
    }
    scopes: dict[str, set[str]] = {}
    for method, address in unsafe():
        # Whoever gives roles needs what these carry besides.
        body: dict[str, Any] | None = {"roles": []} if address.route.endswith("/roles") else None
        asked = (owner for owner, headers in owners if ask(headers, method, address, scene, body=body) not in REFUSED)
        owner = next(asked, None)
        lacking = {} if owner is None else without[owner.pk]
        scopes[f"{method} /{address.route}"] = {
            name for name, headers in lacking.items() if ask(headers, method, address, scene, body=body) in REFUSED
        }
    return scopes


def rows() -> Iterator[tuple[str, set[str]]]:
    for method, route, cell in ROW.findall((BASE_DIR / "docs" / "accounts.md").read_text()):
        yield f"{method} {route}", set(re.findall(r"`([a-z_]+:[a-z_]+)`", cell))


def test_every_unsafe_operation_names_a_scope_that_writes(needed: dict[str, set[str]]) -> None:
    """One without any is for people only: no token does it."""
    documented = dict(rows())
    assert {name: scopes for name, scopes in needed.items() if documented.get(name) != scopes} == {}
    assert documented.keys() == needed.keys()
    assert [name for name, scopes in needed.items() if scopes and scopes <= READ_PERMISSIONS] == []
