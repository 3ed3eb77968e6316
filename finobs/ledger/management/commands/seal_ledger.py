"""`manage.py seal_ledger`: seal what is pending, once or for ever. For a sealer with an OS user of its own."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError

from finobs.core import heartbeat
from finobs.core.stopping import stop_event

from ...services.seal import ANOTHER_SEALER, SealResult, seal_all


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
        with stop_event() as stop:
            while not stop.is_set():
                heartbeat.beat("sealer", self._round())
                stop.wait(pause)

    def _round(self) -> str:
        """Seal what is pending; why nothing could be signed, or ""."""
        try:
            sealed = seal_all()
        # The database restarts: the next round finds what waits.
        except (OperationalError, InterfaceError) as error:
            self._say(f"database: {error}")
            return ""
        self._report(sealed)
        return "" if sealed.refused == ANOTHER_SEALER else sealed.refused

    def _report(self, sealed: SealResult) -> None:
        if sealed.count or sealed.refused:
            self._say(f"sealed {sealed.count}, size {sealed.size} {sealed.refused}".rstrip())

    def _say(self, line: str) -> None:
        """What is so every second is said once."""
        if line != self.last_line:
            self.stdout.write(line)
            self.stdout.flush()
        self.last_line = line
