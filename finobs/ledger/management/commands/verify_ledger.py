"""`manage.py verify_ledger`: is the record whole? Exits 1 and names the first wrong record if not."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...keys import verifier_keys
from ...note_file import read_note
from ...verification import verify


class Command(BaseCommand):
    help = "Check every event, leaf, checkpoint and signature of the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--checkpoint", action="append", default=[], metavar="FILE",
                            help="a checkpoint that you kept (repeatable); -: standard input")  # fmt: skip
        parser.add_argument("--vkeys", default="", metavar="FILE", help="public keys that you received out of band")
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            notes = [read_note(name) for name in options["checkpoint"]]
            vkeys = verifier_keys(options["vkeys"])
        except (OSError, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        report = verify(notes=notes, vkeys=vkeys)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
        else:
            self._print(report.as_dict())
        if not report.ok:
            # 1: something is wrong; 2: it could not be checked. Who calls this from a script must tell them apart.
            raise SystemExit(1)

    def _print(self, report: dict[str, Any]) -> None:
        for problem in report["problems"]:
            where = ", ".join(f"{name} {value}" for name, value in problem.items() if name != "what")
            self.stdout.write(f"WRONG  {problem['what']} ({where})")
        state = "whole" if report["ok"] else "NOT whole"
        self.stdout.write(
            f"The ledger is {state}: {report['size']:,} records, {report['checkpoints']:,} checkpoints, "
            f"{report['pending']:,} pending, root {report['root']}"
        )
