"""An address has one form in which it is looked up, is unique, and is throttled, on either database."""

from __future__ import annotations

import importlib
import re
import sys
import unicodedata
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import Field
from django.test import Client
from django.urls import reverse

import finobs
from cases.models import Queue
from finobs.accounts import services
from finobs.accounts.addresses import address_key
from finobs.accounts.models import User
from finobs.core.errors import Invalid
from finobs.ledger.filters import EventFilter
from finobs.ledger.models import Event
from tests import factories
from tests.support.clients import signed_in

pytestmark = pytest.mark.django_db
migration = importlib.import_module("finobs.accounts.migrations.0004_address_key")

ADDRESS = "sue.kirk@example.test"
# Long s, capital, Kelvin sign, full-width letters: what a case-insensitive pattern takes for ASCII letters.
SAME = [
    "SUE.KIRK@EXAMPLE.TEST",
    "\u017fue.kirk@example.test",
    "sue.\u212air\u212a@example.test",
    "Sue.Kirk@ex\uff41mple.test",
]
# A dotless i is no i, and a dotted capital is neither: accounts of their own, for all three purposes.
OTHERS = ["sue.k\u0131rk@example.test", "sue.k\u0130rk@example.test"]


@pytest.fixture
def sue() -> User:
    return factories.user("Sue Kirk", email=ADDRESS)


def test_a_key_is_its_own_key_for_every_character() -> None:
    unstable = []
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if unicodedata.category(character) == "Cs":
            continue
        for text in (character, f"a{character}\u0301", f"{character}{character}"):
            key = address_key(text)
            if address_key(key) != key:
                unstable.append(f"{number:x}")
    assert unstable == []


ONE_MAILBOX = [
    ("lead@demo.finobs.example", "lead@demo\u3002finobs.example"), ("lead@demo.finobs.example", "lead@demo\uff61finobs.example"),
    ("lead@demo.finobs.example", "lead@demo\uff0efinobs.example"), ("lead@demo.finobs.example", "lead@demo\u2024finobs.example"),
    ("lead@demo.finobs.example", '"lead"@demo.finobs.example'), ("lead@demo.finobs.example", "lead@demo.finobs.example."),
    ("x@b\xfccher.example", "x@xn--bcher-kva.example"), ("x@b\xfccher.example", "X@BU\u0308CHER.EXAMPLE"),
    ("x@b\xfccher.example", "x@XN--BCHER-KVA.example"), ("x@stra\xdfe.example", "x@xn--strae-oqa.example"),
    ("x@stra\xdfe.example", "x@strasse.example"), ("x@\u03b2\u03cc\u03bb\u03bf\u03c2.example", "x@xn--nxasmm1c.example"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "spelling"), [*ONE_MAILBOX, *(pair[::-1] for pair in ONE_MAILBOX)])
def test_one_mailbox_is_one_account(admin: User, address: str, spelling: str) -> None:
    assert address_key(address) == address_key(spelling)
    assert address_key(address_key(address)) == address_key(address)
    factories.user("Owner", email=address)
    with pytest.raises(Invalid) as refusal:
        services.user_create(actor=admin, email=spelling, name="Twin")
    assert list(refusal.value.fields) == ["email"]


@pytest.mark.parametrize(
    "address",
    [
        '"a b"@example.test', '"a@b"@example.test', "a@[127.0.0.1]", "a@[IPv6:::1]", "a@\u2603.example", "a@xn--zzzzzz99999.example",
        "a.@example.test", "k\u0131rk@example.test", "\u0430na@example.test", "a@-b.test",
    ],
)  # fmt: skip
def test_an_address_has_a_dot_atom_and_a_domain(admin: User, address: str) -> None:
    with pytest.raises(Invalid) as refusal:
        services.user_create(actor=admin, email=address, name="Someone")
    assert list(refusal.value.fields) == ["email"]
    assert len(refusal.value.fields["email"]) == 1


@pytest.mark.parametrize("part", ["b\xfccher", "x@b\xfccher.example", "x@xn--bcher-kva.example", "BCHER-KVA"])
def test_a_domain_in_letters_is_searched_by_any_part_of_it(admin: User, part: str) -> None:
    person = factories.user("Owner", email="x@b\xfccher.example")
    listed = signed_in(admin).get("/api/v1/users", {"q": part}).json()["results"]
    assert [row["id"] for row in listed] == [person.pk]


def test_the_key_of_every_domain_is_its_own_key() -> None:
    texts = (f"a@b{chr(number)}c.test" for number in range(0x80, 0x2FFF))
    assert [text for text in texts if address_key(address_key(text)) != address_key(text)] == []


@pytest.mark.parametrize("spelling", SAME)
def test_whoever_has_the_address_is_looked_up_by_any_spelling(sue: User, spelling: str) -> None:
    assert User.objects.get_by_natural_key(spelling) == sue
    response = Client().post(reverse("accounts:sign-in"), {"username": spelling, "password": factories.PASSWORD})
    assert response.status_code == 302


@pytest.mark.parametrize("spelling", OTHERS)
def test_another_address_is_another_account_and_disturbs_nobody(sue: User, admin: User, spelling: str) -> None:
    with pytest.raises(ObjectDoesNotExist):
        User.objects.get_by_natural_key(spelling)
    twin = factories.user("Twin", email=spelling)
    assert twin != sue
    response = Client().post(reverse("accounts:sign-in"), {"username": ADDRESS, "password": factories.PASSWORD})
    assert response.status_code == 302


@pytest.mark.parametrize("spelling", SAME)
def test_an_address_is_taken_once_by_whichever_way_it_comes(sue: User, admin: User, spelling: str) -> None:
    with pytest.raises(Invalid) as refusal:
        services.user_create(actor=admin, email=spelling, name="Twin")
    assert refusal.value.fields == {"email": ["Somebody already has this address."]}
    other = factories.user("Other")
    with pytest.raises(Invalid):
        services.user_change(actor=admin, user=other, email=spelling)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(spelling, name="Twin")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email=spelling, name="Twin", password="!")])
    body = {"email": spelling, "name": "Twin"}
    assert signed_in(admin).post("/api/v1/users", body, content_type="application/json").status_code == 422
    with pytest.raises(CommandError):
        call_command("createsuperuser", email=spelling, name="Twin", interactive=False, stderr=StringIO())
    assert User.objects.filter(email_key=ADDRESS).count() == 1


def test_guesses_are_counted_together_however_the_address_is_written(sue: User) -> None:
    statuses = []
    for guess in range(12):
        spelling = [ADDRESS, *SAME][guess % 5]
        response = Client().post(
            reverse("accounts:sign-in"), {"username": spelling, "password": f"wrong guess {guess}"}
        )
        statuses.append(response.status_code)
    assert statuses == [422] * 4 + [429] * 8
    right = Client().post(reverse("accounts:sign-in"), {"username": SAME[1], "password": factories.PASSWORD})
    assert right.status_code == 429


def test_a_sign_in_forgets_the_failures_of_every_spelling() -> None:
    factories.user("Strasse", email="stra\xdfe@example.test")
    for _ in range(3):
        for password, expected in (("wrong guess", 422), ("wrong guess", 422), (factories.PASSWORD, 302)):
            sent = {"username": "strasse@example.test", "password": password}
            assert Client().post(reverse("accounts:sign-in"), sent).status_code == expected


def test_whatever_names_a_person_by_address_takes_every_spelling(sue: User, admin: User, queue: Queue) -> None:
    services.profile_change(actor=sue, name="Sue K.", time_zone="UTC")
    for spelling in SAME:
        assert EventFilter({"actor": spelling}, queryset=Event.objects.all()).qs.filter(actor=sue).exists()
        page = signed_in(admin).post(
            "/admin/cases/queue/1/permissions/".replace("/1/", f"/{queue.pk}/"), {"person": "1", "user": spelling}
        )
        assert page.status_code == 302, spelling
        listed = signed_in(admin).get("/api/v1/users", {"q": spelling}).json()["results"]
        assert [row["id"] for row in listed] == [sue.pk]


@pytest.mark.parametrize(
    "address", ["sue\u200b@example.test", "sue@ex\u202eample.test", "a@" + "\ufdfa" * 20 + ".test"]
)
def test_an_address_that_deceives_or_folds_to_no_end_is_refused(admin: User, address: str) -> None:
    with pytest.raises(Invalid) as refusal:
        services.user_create(actor=admin, email=address, name="Someone")
    assert list(refusal.value.fields) == ["email"]
    response = Client().post(reverse("accounts:sign-in"), {"username": address, "password": "x"})
    assert response.status_code == 422


def test_the_migration_writes_the_key_of_everybody(sue: User) -> None:
    User.objects.filter(pk=sue.pk).update(email_key="as it was")
    migration.fill(apps, None)
    sue.refresh_from_db()
    assert sue.email_key == ADDRESS


def test_the_migration_names_two_accounts_of_one_address(sue: User) -> None:
    twin = factories.user("Twin", email="twin@example.test")
    User.objects.filter(pk=twin.pk).update(email=SAME[1])
    with pytest.raises(RuntimeError) as refusal:
        migration.fill(apps, None)
    assert f"(Sue Kirk, id {sue.pk})" in str(refusal.value)
    assert f"(Twin, id {twin.pk})" in str(refusal.value)


def test_the_key_is_kept_out_of_forms_and_history() -> None:
    field = User._meta.get_field("email_key")
    assert isinstance(field, Field)
    assert not field.editable
    assert "email_key" not in {each.name for each in User.history.model._meta.get_fields()}


def test_nothing_looks_an_address_up_by_another_text_than_its_key() -> None:
    """Whatever folds by itself folds otherwise: in Python, in SQLite, in PostgreSQL."""
    pattern = re.compile(r"email__(i?exact|in)\b|\b(filter|get|exclude|get_or_create)\([^()]*\bemail=")
    root = Path(finobs.__file__).parent.parent
    rooms = ("finobs", "transactions", "approvals", "detection", "cases", "exports", "agents")
    readers = [
        f"{file.relative_to(root)}: {match[0]}"
        for room in rooms
        for file in (root / room).rglob("*.py")
        if not {"tests", "migrations"} & set(file.parts)
        for match in pattern.finditer(file.read_text())
    ]
    assert readers == []
