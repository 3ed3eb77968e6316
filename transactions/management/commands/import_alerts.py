"""manage.py import_alerts FILE --source SLUG: alerts that another system raised."""

from __future__ import annotations

from argparse import ArgumentParser

from ...choices import RecordKind
from ..file_command import FileCommand
from .import_records import Command as ImportRecords


class Command(ImportRecords):
    help = (
        "Bring a CSV or Parquet file of another system's alerts in. Safe to run again: known ones are not taken twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        FileCommand.add_arguments(self, parser)
        parser.set_defaults(kind=RecordKind.ALERT.value)
