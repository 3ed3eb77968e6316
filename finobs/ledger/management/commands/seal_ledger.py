"""`manage.py seal_ledger`: seal what is pending, once or for ever. For a sealer with an OS user of its own."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from ...services.seal import SealResult, seal_all


class Command(BaseCommand):
    help = "Seal pending events under a signed checkpoint."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", type=float, default=0, metavar="SECONDS", help="go on, with this pause")

    def handle(self, *args: Any, **options: Any) -> None:
        pause: float = options["loop"]
        while pause:
            try:
                self._report(seal_all())
            # The database restarts: the next round finds what waits.
            except OperationalError as error:
                self.stderr.write(f"database: {error}")
            time.sleep(pause)
        sealed = seal_all()
        self._report(sealed)
        if sealed.refused:
            raise CommandError(f"nothing signed: {sealed.refused}")

    def _report(self, sealed: SealResult) -> None:
        if sealed.count or sealed.refused:
            self.stdout.write(f"sealed {sealed.count}, size {sealed.size} {sealed.refused}".rstrip())
