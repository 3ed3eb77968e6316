"""What no password may be, in every way in which one is set."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from finobs.accounts import services
from finobs.accounts.models import User
from finobs.core.errors import Invalid
from tests import factories

pytestmark = pytest.mark.django_db

OWN = [
    "Grace Hopper", "gracehopper", "Grace.Hopper", "GraceHopper2026", "hoppergrace123", "gr4c3h0pp3r99",
    "reppohecarg1", "ｇｒａｃｅｈｏｐｐｅｒ", "g.hopper@navybank.test", "g.hopper2026!", "navybank2026", "NavyBank12345", "navybanknavybank",
    "finobsfinobs", "Finobs-2026!!", "finobs123456", "ghoppernavybank", "grace-hopper-1906",
]  # fmt: skip
PATTERNS = [
    "aaaaaaaaaaaa", "abababababab", "abcabcabcabc", "abcdefghijkl", "lkjihgfedcba", "123456789012", "210987654321", "qwertyuiop12",
    "qwertyuiopas", "asdfghjkl123", "zxcvbnmasdfg", "aaaabbbbcccc", "aabbccddeeff", "a1b2c3d4e5f6", "1q2w3e4r5t6y", "111122223333",
    "passwordpassword", "passwordpasswordpass", "password1234", "p@ssw0rd12345", "!!password!!", "azertyuiop123", "            ",
    "aaaaaaaaaaab", "AaAaAaAaAaAa", "ＡＡＡＡＡＡＡＡＡＡＡＡ", "abcdabcdabcdabcd", "1234512345123451", "qwertzuiop99",
]  # fmt: skip
GOOD = [
    "correct horse battery staple", "violet-anchor-sings", "Grace likes purple tugboats", "navybank holds 3 violet anchors",
    "k7#vqT2m!xWz", "wir essen sonntags kuchen", "三十六計走為上策と彼は言った", "tr0mb0ne-Lighthouse",
]  # fmt: skip


# Whoever they are set for: what others guess of a person, a date, a word, a row of keys.
GUESSED = [
    ("Ben Haas", "BenHaasx20261129"), ("Ben Haas", "8enHaa5!20261129"), ("Ben Haas", "Be0Haas20261129"),
    ("Leo Brandt", "LeoBrndt202611"), ("Leo Brandt", "Lе0Brаndt202611"), ("Leo Brandt", "LéoBrändt2026xy"),
    ("Leo Brandt", "L.e.o.B.r.a.n.d.t.99"), ("Ana Ruiz", "Ana Ruiz compliance"), ("Zoë Ängström", "zoe-angstrom-2024"),
    ("Дмитрий Ёлкин", "дмитрийелкин77"), ("Leo Brandt", "8randtLe0auditor"),
    *(
        ("Somebody Else", password)
        for password in (
            "Sommer2026Sommer", "WelcomeWelcome1", "TestTestTest1234", "qweasdzxcrtyfgh", "!QAZ@WSX#EDC$RFV", "147258369147",
            "zaq12wsxcde34rfv", "йцукенгшщзфыва", "abcabdabeabfabg", "Password!Password1", "letmeinletmein1", "footballfootball1",
            "31.12.1984.31", "1984-12-31 1985-01-02", "1qay2wsx3edc4rfv", "ZAQ!2wsxXSW@1qaz", "Winter2025Winter!", "P4ssw0rd!W3lcome!",
            "фывапролджячсм", "qwertzuiopüasdf", "dragonmonkey2020", "monkey123monkey456", "83920174650192", "!\"§$%&/()=qwertz",
            "pоliuytrewqasdf", "31121984Sommer",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "password"), GUESSED)
def test_what_others_guess_is_refused_and_the_cause_said(name: str, password: str) -> None:
    person = factories.user(name, email="person@elsewhere.test")
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, person)
    assert all(len(message) > 20 for message in refusal.value.messages)


@pytest.fixture
def grace() -> User:
    return factories.user("Grace Hopper", email="g.hopper@navybank.test")


@pytest.mark.parametrize("password", [*OWN, *PATTERNS])
def test_it_is_refused_wherever_a_password_is_set(grace: User, admin: User, password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, grace)
    with pytest.raises(Invalid) as refusal:
        services.password_change(actor=grace, present=factories.PASSWORD, new=password)
    assert list(refusal.value.fields) == ["new"]
    link = services.password_reset_issue(actor=admin, user=grace)
    with pytest.raises(Invalid):
        services.password_set(uid=link.uid, token=link.token, new=password)


@pytest.mark.parametrize("password", GOOD)
def test_a_few_unrelated_words_are_taken_even_with_a_name_among_them(grace: User, password: str) -> None:
    validate_password(password, grace)


def test_every_rule_says_what_it_asks(grace: User) -> None:
    for password in (OWN[1], PATTERNS[0], PATTERNS[3]):
        with pytest.raises(ValidationError) as refusal:
            validate_password(password, grace)
        assert all(len(message) > 20 for message in refusal.value.messages)


def test_the_command_for_superusers_refuses_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "aaaaaaaaaaaa")
    with pytest.raises((CommandError, ValidationError)):
        call_command("createsuperuser", email="root@example.test", name="Root", interactive=False)
