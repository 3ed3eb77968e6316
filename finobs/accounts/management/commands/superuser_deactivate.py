"""`manage.py superuser_deactivate EMAIL`: end what `createsuperuser` began, once there is an administrator."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from finobs.core.errors import FinobsError

from ...addresses import address_key
from ...choices import UserKind
from ...models import User
from ...services import user_deactivate
from ...system import system_actor


class Command(BaseCommand):
    help = "Deactivate a superuser. Nobody can do it in the application: nobody there stands above one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email_key=address_key(options["email"]), is_superuser=True).first()
        if user is None:
            raise CommandError(f"There is no superuser with the address {options['email']}.")
        if not _is_there_an_administrator():
            raise CommandError(
                "Nobody else could administer finobs: first let an active person with the role admin set a password."
            )
        try:
            user_deactivate(actor=system_actor("operator"), user=user)
        except FinobsError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"{user.email} is deactivated: signed out, and its tokens are revoked.")


def _is_there_an_administrator() -> bool:
    """Somebody who can sign in and administer: who has not used their link yet has no password."""
    people = User.objects.filter(is_active=True, kind=UserKind.HUMAN, groups__name="admin", is_superuser=False)
    return any(person.has_usable_password() for person in people)
