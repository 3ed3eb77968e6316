"""The first account of an installation ends at the server: in the application nobody stands above a superuser."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from finobs.accounts import services
from finobs.accounts.models import User
from finobs.ledger.models import Event

pytestmark = pytest.mark.django_db


def test_a_superuser_is_deactivated_at_the_server_and_it_is_recorded(superuser, admin, client, capsys):
    client.force_login(superuser)
    call_command("superuser_deactivate", superuser.email.upper())
    assert not User.objects.get(pk=superuser.pk).is_active
    assert client.get("/admin/").status_code == 302
    event = Event.objects.latest("id")
    assert (event.action, event.subject_id, event.actor_type) == ("user.deactivate", str(superuser.pk), "system")
    with pytest.raises(CommandError, match="is not active"):
        call_command("superuser_deactivate", superuser.email)


def test_it_is_refused_while_nobody_else_could_administer(superuser, analyst):
    with pytest.raises(CommandError, match="Nobody else could administer"):
        call_command("superuser_deactivate", superuser.email)
    invited = services.user_create(actor=superuser, email="ada@example.test", name="Ada", roles=["admin"])
    with pytest.raises(CommandError, match="Nobody else could administer"):
        call_command("superuser_deactivate", superuser.email)
    assert not invited.has_usable_password()
    assert User.objects.get(pk=superuser.pk).is_active


def test_it_is_for_superusers_alone(admin, analyst):
    for email in (analyst.email, admin.email, "nobody@example.test"):
        with pytest.raises(CommandError, match="no superuser"):
            call_command("superuser_deactivate", email)
    assert User.objects.filter(is_active=True, pk__in=[analyst.pk, admin.pk]).count() == 2
