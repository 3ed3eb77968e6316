"""`manage.py seal_ledger`: seal what is pending, once or for ever. For a sealer with an OS user of its own."""

from __future__ import annotations

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connection

from finobs.core import heartbeat
from finobs.core.backoff import Backoff
from finobs.core.db.failures import is_connection_lost
from finobs.core.logs.exceptions import safe_text
from finobs.core.stopping import stop_event

from ...services.seal import ANOTHER_SEALER, SealResult, seal_all

log = logging.getLogger("finobs.ledger")


class Command(BaseCommand):
    help = "Seal pending events under a signed checkpoint."
    last_line = ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", type=float, default=0, metavar="SECONDS", help="go on, with this pause")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["loop"] < 0:
            raise CommandError("--loop takes the seconds between two rounds.")
        if options["loop"]:
            self._loop(options["loop"])
            return
        sealed = seal_all()
        self._report(sealed)
        if sealed.refused:
            raise CommandError(f"nothing signed: {sealed.refused}")

    def _loop(self, pause: float) -> None:
        """Until SIGTERM or SIGINT: the round that is under way is finished first."""
        backoff = Backoff(pause)
        with stop_event() as stop:
            while not stop.is_set():
                stop.wait(self._round(backoff))

    def _round(self, backoff: Backoff) -> float:
        """Seal what is pending, and give a sign of life; how long to wait for the next round."""
        try:
            sealed = seal_all()
        # A later round finds what waits. A database that restarts is no trouble of the sealer's; one that refuses is.
        except (OperationalError, InterfaceError) as error:
            log.warning("nothing was sealed", exc_info=True)
            connection.close()
            heartbeat.beat("sealer", "" if is_connection_lost(error) else safe_text(error))
            return backoff.failed()
        backoff.succeeded()
        self._report(sealed)
        heartbeat.beat("sealer", "" if sealed.refused == ANOTHER_SEALER else sealed.refused)
        return backoff.first

    def _report(self, sealed: SealResult) -> None:
        if sealed.count or sealed.refused:
            self._say(f"sealed {sealed.count}, size {sealed.size} {sealed.refused}".rstrip())

    def _say(self, line: str) -> None:
        """What is so every second is said once."""
        if line != self.last_line:
            self.stdout.write(line)
            self.stdout.flush()
        self.last_line = line
