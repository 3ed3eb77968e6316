from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...models import Alert
from ...pipeline import replay as pipeline_replay


class Command(BaseCommand):
    help = "Run an alert's versions on its snapshot again. Exits 1 if another alert comes out, 2 if it cannot be run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int)

    def handle(self, **options: Any) -> None:
        alert = Alert.objects.filter(pk=options["id"]).first()
        if alert is None:
            raise CommandError(f"There is no alert {options['id']}.")
        result = pipeline_replay.replay(alert)
        self.stdout.write(json.dumps(asdict(result)))
        if not result.same:
            raise SystemExit(2 if result.why_not else 1)
