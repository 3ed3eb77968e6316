"""Nobody calls themselves by another person's name, however it is spelled."""

from __future__ import annotations

import importlib
import sys
import unicodedata

import pytest
from django.apps import apps

from finobs.accounts import names, services
from finobs.accounts.models import User
from finobs.accounts.names import SCRIPTS, name_key, why_not_own_name
from finobs.accounts.roles import ROLES
from finobs.accounts.system import system_actor
from finobs.core.errors import Invalid
from tests import factories
from tests.support.clients import signed_in

pytestmark = pytest.mark.django_db

LIKE_THE_LEAD = [
    "Leo Brɑndt", "Leօ Brandt", "LΕO BRANDT", "Ӏeo Brandt", "Leo Brandtʹ", "Leo Brandt ˈ", "Leo Brandt 𖿤",
    "Leo Brandt (compliance)", "Leo Brandt lead@demo.finobs.example", "Łeo Brandt", "Leo Branđt", "Leo Braɴdt", "Leø Brandŧ",
    "Leo Brandt Jr.", "Dr. Leo-Brandt", "Brandt Leo", "LeoBrandt", "L e o Brandt", "Le0 Brandt", "Leo Brandt 2", "Leo Branclt",
    "ＬＥＯ Brandt", "𝐋𝐞𝐨 Brandt", "ꓡꓰꓳ ꓐꓣꓮꓠꓓꓔ", "Leo Brandt/lead", "Leo Brandt [lead]", "Leo Brandt ⁠", "Leo Brandtˢ", "Léö Brändt",
    "Leo Brandt’s",
]  # fmt: skip
OF_FINOBS = [
    "System", "finobs", "Operator", "ʹʹʹ", "Fin Obs", "Admin", "The Administrator", "Rооt", "finobs assess", "SYSTЕM",
    *ROLES, *names.RESERVED_WORDS,
]  # fmt: skip
GOOD = [
    "Zoë O’Brien-Smith Jr.", "Łukasz Żółć", "Nguyễn Văn Ánh", "Jørgen Ærø", "Νίκος Παπάς", "Дмитрий Ёлкин", "佐々木 希",
    "マリー", "김 민준", "अनिता शर्मा", "محمد علي", "דוד כהן", "สมชาย ใจดี", "Núria Sol·la", "Անի Սարգսյան",
]  # fmt: skip


@pytest.fixture
def brandt() -> User:
    return factories.user("Leo Brandt", role="compliance")


@pytest.mark.parametrize("name", [*LIKE_THE_LEAD, *OF_FINOBS])
@pytest.mark.parametrize("active", [True, False])
def test_it_is_refused_beside_its_field_and_changes_nothing(
    brandt: User, analyst: User, name: str, active: bool
) -> None:
    User.objects.filter(pk=brandt.pk).update(is_active=active)
    before = analyst.name
    response = signed_in(analyst).post("/accounts/profile/", {"name": name, "time_zone": "UTC", "version": "0"})
    assert response.status_code == 422
    with pytest.raises(Invalid) as refusal:
        services.profile_change(actor=analyst, name=name, time_zone="UTC")
    assert list(refusal.value.fields) == ["name"]
    analyst.refresh_from_db()
    assert analyst.name == before


@pytest.mark.parametrize("name", GOOD)
def test_a_name_of_any_everyday_script_is_taken(brandt: User, analyst: User, name: str) -> None:
    assert services.profile_change(actor=analyst, name=name, time_zone="UTC").name == name


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ("Νίκος Παπάς", "ΝΙΚΟΣ ΠΑΠΑΣ"), ("ΑΝΝΑ", "Anna"), ("Anna", "ΑΝΝΑ"), ("Вера Сон", "вера сон"), ("Coco", "Сосо"),
        ("Νίκος", "Νίκος Παπάς"), ("김 민준", "김민준"),
    ],
)  # fmt: skip
def test_whole_names_of_two_scripts_or_cases_are_compared_as_drawn(analyst: User, taken: str, name: str) -> None:
    factories.user(taken, email="taken@example.test")
    with pytest.raises(Invalid):
        services.profile_change(actor=analyst, name=name, time_zone="UTC")


def test_no_sign_digit_or_letter_of_two_kinds_slips_into_a_name() -> None:
    """All of Unicode: what is taken into a Latin name is a Latin letter, one of a few signs, or a mark upon a letter."""
    odd = []
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if why_not_own_name(f"Leo{character}Brandt") or character in names.SIGNS_IN_NAMES:
            continue
        name = unicodedata.name(character, "")
        if not name.startswith(("LATIN SMALL LETTER ", "LATIN CAPITAL LETTER ", "COMBINING ")):
            odd.append(f"{number:04X} {name}")
    assert odd == []


def test_every_form_of_a_latin_letter_has_the_key_of_the_letter() -> None:
    strays = []
    for number in range(0x80, sys.maxunicode + 1):
        character = chr(number)
        name = unicodedata.name(character, "")
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            kinds = (f"LATIN SMALL LETTER {letter} WITH ", f"LATIN CAPITAL LETTER {letter} WITH ")
            if " WITH SMALL LETTER " in name:
                continue
            if name.startswith(kinds) and name_key(f"o{character}o") != name_key(f"o{letter}o"):
                strays.append(name)
    assert strays == []


def test_only_scripts_in_everyday_use_are_taken() -> None:
    for name in ("ᏞᎬᎾ", "ⲗⲉⲟ", "ⵔⵔ", "𐐬𐐬"):
        assert "easily mistaken" in why_not_own_name(name)
    assert not SCRIPTS & {"LISU", "CHEROKEE", "COPTIC", "TIFINAGH", "DESERET"}


def test_an_administrator_gives_any_name_and_the_column_follows(admin: User, brandt: User, analyst: User) -> None:
    services.user_change(actor=admin, user=analyst, name="Leo Brandt")
    analyst.refresh_from_db()
    assert analyst.name_key == name_key("Leo Brandt")
    services.profile_change(actor=analyst, name="Leo Brandt", time_zone="Europe/Paris")


def test_the_migration_fills_the_column(brandt: User) -> None:
    User.objects.filter(pk=brandt.pk).update(name_key="")
    importlib.import_module("finobs.accounts.migrations.0006_name_key").fill(apps, None)
    brandt.refresh_from_db()
    assert brandt.name_key == name_key("Leo Brandt")


def test_parts_of_finobs_keep_their_names(analyst: User) -> None:
    system_actor("assess")
    with pytest.raises(Invalid):
        services.profile_change(actor=analyst, name="Finobs Assess", time_zone="UTC")


def test_only_marks_and_ticks_are_no_name_not_even_by_an_administrator(admin: User) -> None:
    with pytest.raises(Invalid) as refusal:
        services.user_create(actor=admin, email="tick@example.test", name="ʹʹʹ")
    assert list(refusal.value.fields) == ["name"]
