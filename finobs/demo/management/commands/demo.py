"""`manage.py demo`: finobs in one process, with data to try it on. After a kill it goes on."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from finobs.core import process
from finobs.core.errors import FinobsError
from finobs.settings import env


class Command(BaseCommand):
    help = "Run finobs without any server: migrate, load demo data, serve pages, API, tasks and schedule."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=env.PORT, help="PORT (%(default)s)")

    def handle(self, *, port: int, **options: Any) -> None:
        from finobs.embedded import server

        # What finobs does for its demo data is its own act, not that of whoever started it: it is all in one process.
        process.serve()
        try:
            with server.claim_data(env.VAR_DIR), server.claim_port(port) as listener:
                self._prepare()
                self._serve(listener, port)
        except (server.AddressInUse, FinobsError) as refused:
            raise CommandError(str(refused)) from None

    def _prepare(self) -> None:
        """Whatever is missing: tables, the ledger's key, data."""
        from finobs.ledger import keys

        from ... import data

        self._report("Preparing the database ...")
        # Static files are served from their sources; an absent folder is a warning of WhiteNoise.
        (env.VAR_DIR / "static").mkdir(exist_ok=True)
        call_command("migrate", verbosity=0, interactive=False)
        if not keys.signing_keys():
            keys.create()
        data.seed(self._report)

    def _serve(self, listener: Any, port: int) -> None:
        from finobs.embedded import server

        from ... import users

        def ready() -> None:
            self._report(users.introduction(port))
            self._report(f"ready http://{server.HOST}:{port}")

        connections.close_all()
        server.serve(listener, port, ready)
        self._report("stopped")

    def _report(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
