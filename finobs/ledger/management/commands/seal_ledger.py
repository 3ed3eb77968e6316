"""`manage.py seal_ledger`: seal what is pending, once or for ever. For a sealer with an OS user of its own."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connection

from finobs.core.backoff import Backoff

from ...services.seal import SealResult, seal_all

log = logging.getLogger("finobs.ledger")


class Command(BaseCommand):
    help = "Seal pending events under a signed checkpoint."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", type=float, default=0, metavar="SECONDS", help="go on, with this pause")

    def handle(self, *args: Any, **options: Any) -> None:
        pause: float = options["loop"]
        backoff = Backoff(pause)
        while pause:
            try:
                self._report(seal_all())
                backoff.succeeded()
                seconds = pause
            # The database restarts: a later round finds what waits.
            except (OperationalError, InterfaceError):
                log.warning("nothing was sealed", exc_info=True)
                connection.close()
                seconds = backoff.failed()
            time.sleep(seconds)
        sealed = seal_all()
        self._report(sealed)
        if sealed.refused:
            raise CommandError(f"nothing signed: {sealed.refused}")

    def _report(self, sealed: SealResult) -> None:
        if sealed.count or sealed.refused:
            self.stdout.write(f"sealed {sealed.count}, size {sealed.size} {sealed.refused}".rstrip())
