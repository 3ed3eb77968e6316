"""The demo's people: real accounts with real grants, and a password that no other installation has."""

import stat

import pytest
from django.contrib.auth.password_validation import validate_password

from cases.models import Queue
from finobs.accounts.models import OrgUnit, User
from finobs.accounts.org_units import ROOT_ID
from finobs.accounts.services.users import user_create
from finobs.accounts.system import system_actor
from finobs.core import access
from finobs.demo import organisation, users
from finobs.demo.bank.entities import ENTITIES
from finobs.ledger.models import Event

pytestmark = pytest.mark.django_db
BRANCHES = {each.code: each.branches[0].code for each in ENTITIES}


@pytest.fixture
def settled(small):
    actor = system_actor("demo")
    whole = organisation.ensure_organisation(actor)
    users.ensure_users(actor=actor, queues=whole.queues, units=whole.units)
    return lambda: users.ensure_users(actor=actor, queues=whole.queues, units=whole.units)


def person(box):
    return User.objects.get(email=f"{box}@{users.DOMAIN}")


def test_the_password_is_made_once_and_read_by_its_owner_alone(small, tmp_path):
    first = users.password()
    assert users.password() == first
    assert stat.S_IMODE((tmp_path / "demo_password").stat().st_mode) == 0o600
    (tmp_path / "demo_password").unlink()
    assert users.password() != first


def test_the_password_obeys_the_rules_for_each_of_them(settled):
    for one in users.DEMO_USERS:
        validate_password(users.password(), person(one.box))
        assert person(one.box).check_password(users.password())


def test_each_demo_user_has_one_role_and_nobody_is_superuser(settled):
    assert {one.box: person(one.box).roles for one in users.DEMO_USERS} == {
        one.box: [one.role] for one in users.DEMO_USERS
    }
    assert not User.objects.filter(is_superuser=True).exists()
    assert [user.email for user in User.objects.filter(is_staff=True)] == [f"admin@{users.DOMAIN}"]


def test_grants_are_as_the_table_says(settled):
    aml, fraud = Queue.objects.get(slug="aml-1"), Queue.objects.get(slug="fraud")
    assert access.allowed(person("analyst"), "work", aml)
    assert not access.allowed(person("analyst"), "lead", aml)
    assert access.allowed(person("lead"), "lead", aml)
    assert access.allowed(person("lead2"), "lead", fraud)
    assert not access.allowed(person("analyst2"), "view", aml)
    assert access.allowed(person("viewer"), "view", aml)
    assert not access.allowed(person("viewer"), "work", aml)
    assert access.allowed(person("auditor"), "view", fraud)
    assert not access.allowed(person("auditor"), "work", fraud)


def test_settling_again_changes_and_records_nothing(settled):
    before = Event.objects.count(), list(User.objects.order_by("pk").values())
    settled()
    assert (Event.objects.count(), list(User.objects.order_by("pk").values())) == before


def test_somebody_who_was_deactivated_stays_so(settled):
    User.objects.filter(email=f"viewer@{users.DOMAIN}").update(is_active=False, password="!")
    settled()
    assert not person("viewer").is_active
    assert not person("viewer").has_usable_password()


def test_people_of_an_entity_hold_grants_on_it_alone(settled):
    units = {each.code: each for each in OrgUnit.objects.all()}
    queues = {each.slug: each for each in Queue.objects.all()}
    for own, other in (("northwind", "southgate"), ("southgate", "northwind")):
        analyst, lead = person(f"analyst.{own}"), person(f"lead.{own}")
        assert access.allowed(analyst, "work", queues[f"aml-{own}"])
        assert not access.allowed(analyst, "lead", queues[f"aml-{own}"])
        assert access.allowed(lead, "lead", queues[f"aml-{own}"])
        for one in (analyst, lead):
            assert not access.allowed(one, "view", queues[f"aml-{other}"])
            assert not access.allowed(one, "view", queues["fraud"])
            reached = access.granted_ids(one, OrgUnit, ["read_data"])
            assert units[own].pk in reached
            assert not {units[other].pk, units[f"{other}-{BRANCHES[other]}"].pk, ROOT_ID} & set(reached)


def test_a_teller_may_refer_to_the_queue_of_their_entity_alone(settled):
    teller = person(users.TELLER)
    queues = {each.slug: each for each in Queue.objects.all()}
    assert access.allowed(teller, "work", queues["aml-southgate"])
    assert not any(access.allowed(teller, "view", queues[slug]) for slug in ("aml-northwind", "aml-1", "fraud"))
    reached = OrgUnit.objects.filter(pk__in=access.granted_ids(teller, OrgUnit, ["read_data"]))
    assert {each.code.split("-")[0] for each in reached} == {"southgate"}


def test_todays_people_read_the_whole_organisation(settled):
    for box in ("lead", "lead2", "analyst", "analyst2", "viewer", "auditor", "admin"):
        assert ROOT_ID in access.granted_ids(person(box), OrgUnit, ["read_data"]), box


def test_without_entities_nobody_of_one_is_made_and_roles_read_what_they_read(small):
    actor = system_actor("demo")
    users.ensure_users(actor=actor, queues=organisation.group_queues(actor))
    assert not User.objects.filter(email__contains="northwind").exists()
    assert "northwind" not in users.introduction()
    fresh = user_create(actor=actor, email="fresh@example.test", name="Fresh", roles=["analyst"])
    assert ROOT_ID in access.granted_ids(fresh, OrgUnit, ["read_data"])


def test_the_introduction_names_everybody_and_the_password(settled):
    text = users.introduction(8123)
    assert all(one.email in text for one in users.DEMO_USERS)
    assert users.password() in text
    assert "http://127.0.0.1:8123" in text
