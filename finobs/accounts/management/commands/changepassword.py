"""manage.py changepassword E-MAIL: Django's own, through the service that ends sessions and records who did it."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from finobs.core.errors import FinobsError

from ...addresses import address_key
from ...models import User
from ...services.operator import password_replace
from ...system import system_actor

MAX_TRIES = 3


class Command(BaseCommand):
    help = "Give somebody another password. Their sessions end; the event names who ran the command."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email_key=address_key(email)).first()
        if user is None:
            raise CommandError(f"There is nobody with the address {email}.")
        for _ in range(MAX_TRIES):
            new = getpass.getpass(f"New password of {user}: ")
            if new != getpass.getpass("Again: "):
                self.stderr.write("These two differ.")
                continue
            try:
                password_replace(actor=system_actor("operator"), user=user, new=new)
            except FinobsError as error:
                self.stderr.write(error.message)
                continue
            self.stdout.write(f"The password of {user} is changed, and their sessions have ended.")
            return
        raise CommandError("Nothing was changed.")
