"""Two at the same moment are one after the other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from finobs.accounts import roles, services
from finobs.accounts.models import User
from finobs.core.errors import FinobsError
from tests import factories
from tests.support.ledger_events import event_bodies

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _roles(db):
    """A test of this kind empties the tables it leaves, so it fills those that it needs."""
    roles.synchronise()


def at_once(*acts):
    """Run each act in a thread of its own, all starting together; what each returned or was refused with."""
    start = Barrier(len(acts))

    def run(act):
        try:
            start.wait(10)
            return act()
        except FinobsError as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_a_link_used_twice_at_once_sets_one_password(admin, analyst):
    link = services.password_reset_issue(actor=admin, user=analyst)
    new = [f"{word} umbrellas walking home" for word in ("seven", "eight", "nine")]
    answers = at_once(*(lambda n=n: services.password_set(uid=link.uid, token=link.token, new=n) for n in new))
    assert sum(isinstance(answer, User) for answer in answers) == 1
    assert len(event_bodies("user.password_change")) == 1


def test_roles_given_at_once_leave_what_the_last_event_says(admin, analyst):
    other = factories.user("Other Admin", role="admin")
    at_once(
        lambda: services.role_assign(actor=admin, user=analyst, roles={"viewer"}),
        lambda: services.role_assign(actor=other, user=analyst, roles={"compliance", "auditor"}),
    )
    analyst = User.objects.get(pk=analyst.pk)
    events = event_bodies("user.role_assign")
    assert analyst.session_epoch == len(events) == 2
    assert analyst.roles == events[-1]["data"]["roles"]


def test_a_person_deactivated_by_two_is_deactivated_once(admin, analyst):
    other = factories.user("Other Admin", role="admin")
    at_once(*(lambda by=by: services.user_deactivate(actor=by, user=analyst) for by in (admin, other)))
    assert len(event_bodies("user.deactivate")) == 1


def test_one_name_is_chosen_by_one_of_two(analyst):
    other = factories.user("Other Analyst", role="analyst")
    answers = at_once(
        *(lambda by=by: services.profile_change(actor=by, name="Nora Falk", time_zone="UTC") for by in (analyst, other))
    )
    assert sum(isinstance(answer, User) for answer in answers) == 1
    assert User.objects.filter(name="Nora Falk").count() == 1
