"""People and machine accounts are added by those who may, with no more than they hold themselves."""

import pytest
from django.db import connection
from django.http import HttpResponse
from simple_history.middleware import HistoryRequestMiddleware

from finobs.accounts import services
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core.errors import Invalid, NotAllowed
from tests import factories
from tests.support.ledger_events import last_event

pytestmark = pytest.mark.django_db


def create(actor, **fields):
    return services.user_create(actor=actor, **{"email": "New.Person@Example.test", "name": "New Person", **fields})


def test_a_new_person_is_added_without_a_password_and_recorded(admin):
    made = create(admin, roles={"analyst"})
    assert (made.email, made.roles, made.kind) == ("new.person@example.test", ["analyst"], "human")
    assert not made.has_usable_password()
    assert last_event("user.create")["data"] == {
        "name": "New Person", "email": "new.person@example.test", "kind": "human", "roles": ["analyst"], "is_staff": False,
    }  # fmt: skip
    assert made.history.first().history_user == admin


def test_one_address_is_one_person_whatever_the_case(admin):
    create(admin)
    with pytest.raises(Invalid) as refused:
        create(admin, email="NEW.person@example.test")
    assert "email" in refused.value.fields


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"email": "no address"}, "email"), ({"name": " "}, "name"), ({"name": "x" * 121}, "name"), ({"kind": "system"}, "kind"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"), ({"roles": {"emperor"}}, "roles"), ({"kind": "service", "is_staff": True}, "kind"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused(admin, fields, wrong):
    with pytest.raises(Invalid) as refused:
        create(admin, **fields)
    assert wrong in refused.value.fields
    assert not User.objects.filter(email__istartswith="new.person").exists()


def test_only_those_who_may(analyst, lead, auditor, stranger):
    for actor in (analyst, lead, auditor, stranger):
        with pytest.raises(NotAllowed):
            create(actor)


def test_who_may_create_but_not_assign_roles_gives_neither_roles_nor_the_admin(admin):
    admin.token_scopes = frozenset({"user:create"})
    create(admin)
    for fields in ({"roles": {"viewer"}}, {"is_staff": True}):
        with pytest.raises(NotAllowed):
            create(admin, email="other@example.test", **fields)


def test_roles_beyond_ones_own_are_not_given(admin):
    admin.token_scopes = frozenset({"user:create", "user:role_assign", "compliance:read"})
    with pytest.raises(NotAllowed):
        create(admin, roles={"viewer"})


def test_no_service_takes_a_superuser_switch_or_single_permissions():
    import inspect

    for name in services.__all__:
        taken = inspect.signature(getattr(services, name)).parameters
        assert not {"is_superuser", "user_permissions", "groups", "password"} & set(taken)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_address_make_one_person(admin):
    from concurrent.futures import ThreadPoolExecutor

    def attempt(_):
        try:
            create(admin, email="race@example.test")
            return "made"
        except Invalid:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(attempt, range(4)))
    assert outcomes == ["made", "refused", "refused", "refused"]


def test_a_person_of_that_address_made_elsewhere_is_found(admin):
    existing = factories.user("Somebody", email="mixed@example.test")
    with pytest.raises(Invalid):
        services.user_change(actor=admin, user=factories.user("Other"), email=existing.email.upper())


def test_a_part_of_finobs_makes_itself_whoever_needs_it_first(analyst, rf):
    request = rf.get("/")
    request.user = analyst
    HistoryRequestMiddleware(lambda _: HttpResponse(str(system_actor("tester").pk)))(request)
    made = system_actor("tester")
    assert [past.history_user for past in made.history.all()] == [made]
    assert not made.has_usable_password()
    assert system_actor("tester") == made
