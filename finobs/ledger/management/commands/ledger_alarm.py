"""`manage.py ledger_alarm list|settle|compare`: what stops the sealer, and checkpoints that come back from outside."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from finobs.accounts.system import system_actor
from finobs.core.errors import FinobsError

from ...models import Alarm
from ...note import NoteError
from ...note_file import read_note
from ...services.witness import alarm_settle, checkpoint_compare


class Command(BaseCommand):
    help = "Look at alarms, settle one, or compare a checkpoint that somebody kept with this log."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("list", help="open alarms")
        settle = what.add_parser("settle", help="answer for an alarm: the sealer signs again")
        settle.add_argument("alarm_id", type=int)
        settle.add_argument("--reason", required=True)
        compare = what.add_parser("compare", help="compare a checkpoint from outside")
        compare.add_argument("file", help="- reads it from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = system_actor("operator")
        try:
            if options["what"] == "settle":
                alarm_settle(actor=actor, alarm_id=options["alarm_id"], reason=options["reason"])
                self.stdout.write("settled")
            elif options["what"] == "compare":
                if not checkpoint_compare(actor=actor, note=read_note(options["file"])):
                    raise CommandError("this log is not the one that was signed: see `ledger_alarm list`", returncode=1)
                self.stdout.write("the log extends this checkpoint")
        except (FinobsError, OSError, NoteError) as error:
            raise CommandError(str(error), returncode=2) from error
        if options["what"] == "list":
            for alarm in Alarm.objects.filter(settled_at=None):
                self.stdout.write(f"{alarm.pk}  {alarm.raised_at:%Y-%m-%d %H:%M:%S}Z  {alarm.kind}: {alarm.detail}")
