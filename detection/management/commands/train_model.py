from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from detection import services
from detection.services.model import ROWS
from finobs.accounts.system import system_actor
from finobs.core.errors import FinobsError
from transactions.models import Source


class Command(BaseCommand):
    help = "Train a model on the newest transactions; it stays a candidate unless --promote puts it in force."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", help="slug of a source; all sources without it")
        parser.add_argument("--rows", type=int, default=ROWS)
        parser.add_argument("--share", type=float, default=0.005, help="of the transactions that go to review")
        parser.add_argument("--promote", action="store_true", help="put it in force at once")

    def handle(self, **options: Any) -> None:
        actor = system_actor("train")
        source = Source.objects.filter(slug=options["source"]).first() if options["source"] else None
        if options["source"] and source is None:
            raise CommandError(f"There is no source {options['source']!r}.")
        try:
            made = services.model_train(actor=actor, source=source, rows=options["rows"], share=options["share"])
            if options["promote"]:
                made = services.model_promote(actor=actor, version=made, reason="train_model --promote")
        except FinobsError as error:
            raise CommandError(error.detail) from error
        report = {"id": made.pk, "model": str(made), "stage": str(made.stage), "rows": made.training_rows}
        report |= {"threshold": made.threshold, "parity": made.metrics["parity"], "sha256": made.sha256}
        self.stdout.write(json.dumps(report))
