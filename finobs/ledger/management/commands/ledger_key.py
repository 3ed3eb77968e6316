"""`manage.py ledger_key create|rotate|retire|distrust|list`: the keys that sign checkpoints."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from finobs.accounts.system import system_actor

from ... import keys
from ...note import VerifierKey
from ...services import record


class Command(BaseCommand):
    help = "Create, rotate, retire or distrust the key that signs the ledger's checkpoints."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("create", help="make the first key")
        what.add_parser("rotate", help="add a key; old and new sign until the old one is retired")
        what.add_parser("retire", help="end the overlap").add_argument("key_id")
        distrust = what.add_parser("distrust", help="after a compromise")
        distrust.add_argument("key_id")
        distrust.add_argument("--until", type=int, required=True, metavar="SIZE", help="last size it counts for")
        what.add_parser("list", help="the public keys")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._do(options["what"], options)
        except OSError as error:
            raise CommandError(f"{error}. Keys are made and changed where the sealer runs, as its user.") from error
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _do(self, what: str, options: dict[str, Any]) -> None:
        if what == "list":
            signing = {key.verifier.key_id for key in keys.signing_keys()}
            for key in keys.verifier_keys():
                self.stdout.write(f"{key}{'  (signs)' if key.key_id in signing else ''}")
        elif what == "create":
            self.stdout.write(str(keys.create()))
        elif what == "rotate":
            self._record("ledger.key_rotate", keys.rotate())
        elif what == "retire":
            self._record("ledger.key_retire", keys.retire(options["key_id"]))
        else:
            self._record("ledger.key_distrust", keys.distrust(options["key_id"], options["until"]))

    def _record(self, action: str, key: VerifierKey) -> None:
        with transaction.atomic():
            subject = ("ledger.key", key.key_id.hex())
            record(actor=system_actor("operator"), action=action, subject=subject, data={"vkey": str(key)})
        self.stdout.write(str(key))
