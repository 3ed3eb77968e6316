"""`manage.py healthcheck`: what /readyz knows, in words, for whoever sits at the server."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ... import health


class Command(BaseCommand):
    help = "Say how this installation is. Exits 1 unless everything that is asked for is ok."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("checks", nargs="*", metavar="CHECK", help="only these, such as ledger or detection")
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        results = health.results()
        if unknown := sorted(set(options["checks"]) - set(results)):
            raise CommandError(f"There is no check {unknown[0]}; there are {', '.join(results)}.", returncode=2)
        chosen = {name: result for name, result in results.items() if name in (options["checks"] or results)}
        status = health.worst(chosen)
        if options["json"]:
            checks = {name: result.as_json() for name, result in chosen.items()}
            self.stdout.write(json.dumps({"status": str(status), "checks": checks}))
        else:
            for name, result in chosen.items():
                self.stdout.write(f"{result.status:<9} {name}: {result.detail}")
        if status != health.Status.OK:
            raise SystemExit(1)
