from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from finobs.accounts.system import system_actor
from finobs.core.errors import ApprovalRequired, FinobsError
from finobs.core.reasons import require_reason
from finobs.core.refusals import refusal_text
from transactions.models import Source

from ...choices import ModelRole
from ...ml.registry import services as registry_services
from ...ml.registry.queries import ever_in_force
from ...ml.training import services as training_services
from ...ml.training.settings import DEFAULT_SHARE
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
        arguments = {name: options[name] for name in ("role", "rows", "share")}
        try:
            if options["promote"] is not None:
                require_reason(options["promote"])
            version = training_services.model_train(actor=actor, source=source, progress=self._progress, **arguments)
            waits = self._promote(actor, version, options["promote"]) if options["promote"] is not None else None
        except FinobsError as error:
            raise CommandError(refusal_text(error)) from error
        version.refresh_from_db()
        report = {"id": version.pk, "model": str(version), "role": str(version.role), "stage": str(version.stage)}
        report |= {"rows": version.training_rows, "threshold": version.threshold, "parity": version.metrics["parity"]}
        self.stdout.write(json.dumps(report | {"sha256": version.sha256, "approval_request_id": waits}))

    def _promote(self, actor: Any, version: ModelVersion, reason: str) -> int | None:
        """The request for approval that it waits for, if it does."""
        if not ever_in_force(version.role):
            registry_services.model_install(actor=actor, model_version=version, reason=reason)
            return None
        try:
            registry_services.model_promote(actor=actor, model_version=version, reason=reason)
        except ApprovalRequired as waiting:
            return waiting.request_id

    def _progress(self, step: str, done: int = 0, total: int = 0) -> None:
        self.stderr.write(f"{step}: {done:,} of {total:,}" if total else step)
