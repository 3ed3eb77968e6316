"""`manage.py ledger_bundle --out DIR`: records and proofs for an auditor, verified without finobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from finobs.core.errors import FinobsError

from ... import bundle
from ...note_file import read_note


class Command(BaseCommand):
    help = "Write the whole log, or some events with their proofs, and a verifier, into a new folder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="a folder that does not exist yet")
        parser.add_argument("--event", action="append", default=[], metavar="UID", help="only this event (repeatable)")
        parser.add_argument("--since", action="append", default=[], metavar="FILE",
                            help="a checkpoint that the auditor holds (repeatable)")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            since = [read_note(name) for name in options["since"]]
            manifest = bundle.write(options["out"], uids=options["event"], since=since)
        except (FinobsError, OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(manifest))
