"""A copy of the database signs nobody in: no column has what a browser or a machine proves itself with.

Everything that can sign in is made here by the ways in which people make it; then every column of every table is
looked through for it, and everything that stands there is tried as a cookie and as a token.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Final

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from finobs.accounts.models import User, UserSession
from finobs.accounts.session_store import SessionStore, key_digest
from finobs.core import clock
from tests import factories
from tests.support.clients import selected, signed_in

pytestmark = pytest.mark.django_db
COOKIE: Final = settings.SESSION_COOKIE_NAME
NEW_PASSWORD: Final = "quite another battery staple"
SECRET_NAME: Final = re.compile(r"key|token|secret|password|digest|hash|session|credential|nonce|signature|salt")

# Every column whose name sounds of a secret, and why it is none to whoever reads it. A new one must be given a reason.
REASONS = {
    "accounts_user.password": "Django's slow hash",
    "accounts_user.email_key": "the address in the form by which it is looked up",
    "accounts_user.name_key": "the name in the form by which it is compared",
    "accounts_usersession.digest": "SHA-256 of a key of 165 bits",
    "django_session.session_key": "160 bits of SHA-256 of the same key",
    "django_session.session_data": "whose session it is; looked through below",
    "accounts_apitoken.digest": "SHA-256 of a token of 256 bits",
    "axes_accesslog.session_hash": "SHA-256 of a session key, by django-axes",
    "core_idempotentanswer.key": "names a request of somebody who proves who they are each time",
    "django_celery_beat_periodictask.routing_key": "names a queue of the broker",
    "transactions_customer.name_key": "the name in the form by which it is compared",
    "transactions_historicalcustomer.name_key": "the same, as it was",
    **dict.fromkeys(
        [
            "transactions_accountdetails.salt", "transactions_counterpartydetails.salt", "transactions_customer.salt", "detection_externalalert.salt",
            "transactions_paymentparties.salt", "cases_case.salt", "cases_incident.salt", "cases_note.salt",
        ],
        "stands beside the values that the ledger says digests of; opens nothing",
    ),
    "transactions_quarantinedrow.salt": "stands beside the values that the ledger says digests of; opens nothing",
    **dict.fromkeys(
        [
            "accounts_user.password_changed_at", "accounts_user.session_epoch",
            "accounts_historicaluser.password_changed_at", "accounts_historicaluser.session_epoch",
        ],
        "when, and how often",
    ),
    **dict.fromkeys(
        [
            "approvals_approvaldecision.digest", "approvals_approvalrequest.digest",
            "approvals_historicalapprovalrequest.digest", "detection_alert.snapshot_digest", "detection_externalalert.digest", "detection_externalalert.payload_digest",
            "detection_reassessment.digest", "ledger_treenode.hash", "transactions_quarantinedrow.raw_digest",
            "transactions_transaction.digest", "transactions_accountparty.digest", "transactions_customerprofile.digest",
            "transactions_partyrelation.digest", "transactions_deliveryfile.digest",
        ],
        "says which content, and is shown to whoever may see that",
    ),
}  # fmt: skip


def columns() -> Iterator[tuple[str, str]]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            yield model._meta.db_table, str(field.column)


def test_every_column_that_sounds_of_a_secret_has_a_reason_why_it_is_none() -> None:
    names = {f"{table}.{column}" for table, column in columns() if SECRET_NAME.search(column)}
    assert names - REASONS.keys() == set()
    assert REASONS.keys() - names == set(), "columns that are no more"


def values() -> Iterator[tuple[str, str]]:
    """Everything that the database holds, as text, by column; a session's data is read as Django reads it."""
    for table, column in sorted(set(columns())):
        with connection.cursor() as cursor:
            quote = connection.ops.quote_name
            cursor.execute(f"SELECT DISTINCT {quote(column)} FROM {quote(table)}")
            for (value,) in cursor.fetchall():
                if value is not None:
                    text = bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
                    yield f"{table}.{column}", text
                    if (table, column) == ("django_session", "session_data"):
                        yield f"{table}.{column}", json.dumps(SessionStore().decode(text))


@pytest.fixture
def secrets(analyst: User, superuser: User) -> dict[str, str]:
    """By what it is: whatever signs somebody in, or lets them be somebody."""
    browser = Client()
    browser.post("/accounts/sign-in/", {"username": analyst.email, "password": factories.PASSWORD})
    browser.post(
        "/accounts/password/",
        {"present": factories.PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD},
    )
    browser.get("/accounts/profile/")
    made = browser.post("/accounts/tokens/new/", {"name": "mine", "scopes": ["compliance:read"], "days": 7})
    by_page = re.findall(r"finobs_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}", made.content.decode())[0]
    body = json.dumps({"name": "api", "scopes": ["compliance:read"], "days": 7})
    by_api = browser.post("/api/v1/tokens", body, content_type="application/json").json()
    found = {"session": browser.cookies[COOKIE].value, "token": by_page, "token by API": str(by_api["secret"])}
    found["csrf"] = browser.cookies["csrftoken"].value
    assert key_digest(found["session"]) in set(Session.objects.values_list("pk", flat=True))
    for name, person, password in (("jwt", analyst, NEW_PASSWORD),):
        credentials = json.dumps({"email": person.email, "password": password})
        found[name] = Client().post("/api/v1/auth/token", credentials, content_type="application/json").json()["access"]
    Client().post("/accounts/sign-in/", {"username": analyst.email, "password": "wrong but near"})
    return found | {"password": NEW_PASSWORD, "wrong password": "wrong but near", **links(superuser)}


def links(superuser: User) -> dict[str, str]:
    """More of them than a cookie of messages can hold."""
    people = [factories.user(f"Person {number}") for number in range(30)]
    office = signed_in(superuser)
    page = office.post(
        "/admin/accounts/user/", {"action": "issue_reset_link", **selected(*people)},
        follow=True,
    ).content.decode()  # fmt: skip
    tokens = re.findall(r"/accounts/password/[A-Za-z0-9_-]+/([0-9a-z]+-[0-9a-f]+)/", page)
    assert len(tokens) == 30
    return {f"link {number}": token for number, token in enumerate(tokens)} | {
        "session of the office": office.cookies[COOKIE].value
    }


def test_nothing_that_signs_in_stands_in_the_database(secrets: dict[str, str]) -> None:
    forms = {
        name: {secret, base64.b64encode(secret.encode()).decode(), secret.encode().hex()}
        for name, secret in secrets.items()
    }
    forms["key of the application"] = {settings.SECRET_KEY}
    found = [
        (name, column) for column, text in values() for name, all_of in forms.items() for each in all_of if each in text
    ]
    assert found == []


def test_nothing_that_stands_in_the_database_signs_in(secrets: dict[str, str]) -> None:
    texts = {text for _, text in values() if 8 <= len(text) <= 400 and text.isascii() and text.isprintable()}
    assert len(texts) > 100
    signed: list[tuple[str, str]] = []
    for text in texts:
        browser = Client()
        browser.cookies[COOKIE] = text
        if browser.get("/accounts/profile/").status_code != 302:
            signed.append(("cookie", text))
        if Client().get("/api/v1/me", headers={"Authorization": f"Bearer {text}"}).status_code != 401:
            signed.append(("bearer", text))
    assert signed == []


def test_a_session_lives_under_its_digest_until_it_ends(analyst: User) -> None:
    browser = signed_in(analyst)
    key = browser.cookies[COOKIE].value
    assert list(Session.objects.values_list("pk", flat=True)) == [key_digest(key)]
    assert SessionStore().exists(key)
    assert not SessionStore().exists(key_digest(key))
    assert UserSession.objects.get().digest != key
    browser.post("/accounts/sign-out/")
    assert not SessionStore().exists(key)
    assert not Session.objects.filter(pk=key_digest(key)).exists()
    browser.cookies[COOKIE] = key
    assert browser.get("/accounts/profile/").status_code == 302


def test_other_keys_and_what_is_over_find_no_session(analyst: User) -> None:
    key = signed_in(analyst).cookies[COOKIE].value
    assert SessionStore(key).load() != {}
    assert SessionStore("x" * 32).load() == {}
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    store = SessionStore(key)
    assert (store.load(), store.session_key) == ({}, None)


@pytest.mark.django_db(transaction=True)
def test_the_asynchronous_ways_ask_for_the_same(analyst: User) -> None:
    store = SessionStore()
    async_to_sync(store.acreate)()
    key = str(store.session_key)
    assert list(Session.objects.values_list("pk", flat=True)) == [key_digest(key)]
    async_to_sync(store.aset)("word", "here")
    async_to_sync(store.asave)()
    other = SessionStore(key)
    assert async_to_sync(other.aget)("word") == "here"
    assert async_to_sync(other.aexists)(key)
    async_to_sync(other.adelete)()
    assert async_to_sync(SessionStore(key).aload)() == {}
    assert not Session.objects.exists()


def test_sessions_from_before_are_over(analyst: User) -> None:
    """The migration: their rows would be found by nobody, and their keys must not stand there any longer."""
    browser = signed_in(analyst)
    Session.objects.create(session_key="of an earlier version", session_data="", expire_date=clock.now())
    import_module("finobs.accounts.migrations.0003_sessions_under_digests").end_all(apps, None)
    assert not Session.objects.exists()
    assert [str(session.end_reason) for session in UserSession.objects.all()] == ["ended"]
    assert browser.get("/accounts/profile/").status_code == 302
