from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from finobs.accounts.system import system_actor
from finobs.core.errors import ApprovalRequired, FinobsError
from transactions.models import Source

from ...choices import ModelRole
from ...ml.registry import services as registry_services
from ...ml.registry.services import ever_in_force
from ...ml.training import services as training_services
from ...ml.training.pipeline import DEFAULT_SHARE
from ...models import ModelVersion


class Command(BaseCommand):
    help = (
        "Train a model on what came in; it stays a candidate unless --promote proposes to put it in force. The first "
        "of its role needs nobody's approval."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", choices=ModelRole.values, default=ModelRole.ANOMALY.value)
        parser.add_argument("--source", help="slug of a source; all sources without it")
        parser.add_argument("--rows", type=int, default=0, help="at most so many, the newest; 0: as usual")
        parser.add_argument("--share", type=float, default=DEFAULT_SHARE, help="of the transactions that go to review")
        parser.add_argument("--promote", metavar="REASON", help="put it in force, or ask for the approval: why?")

    def handle(self, **options: Any) -> None:
        actor = system_actor("train")
        source = Source.objects.filter(slug=options["source"]).first() if options["source"] else None
        if options["source"] and source is None:
            raise CommandError(f"There is no source {options['source']!r}.")
        asked = {name: options[name] for name in ("role", "rows", "share")}
        try:
            made = training_services.model_train(actor=actor, source=source, tell=self._tell, **asked)
            waits = self._promote(actor, made, options["promote"]) if options["promote"] is not None else None
        except FinobsError as error:
            raise CommandError(error.detail) from error
        made.refresh_from_db()
        report = {"id": made.pk, "model": str(made), "role": str(made.role), "stage": str(made.stage)}
        report |= {"rows": made.training_rows, "threshold": made.threshold, "parity": made.metrics["parity"]}
        self.stdout.write(json.dumps(report | {"sha256": made.sha256, "approval_request_id": waits}))

    def _promote(self, actor: Any, made: ModelVersion, reason: str) -> int | None:
        """The request for approval that it waits for, if it does."""
        if not ever_in_force(made.role):
            registry_services.model_install(actor=actor, version=made, reason=reason)
            return None
        try:
            registry_services.model_promote(actor=actor, version=made, reason=reason)
        except ApprovalRequired as waiting:
            return waiting.request_id

    def _tell(self, step: str, done: int = 0, total: int = 0) -> None:
        self.stderr.write(f"{step}: {done:,} of {total:,}" if total else step)
