"""manage.py import_records FILE --kind KIND --source SLUG: customers, what ties them, accounts, counterparties."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from finobs.accounts.models import User

from ... import mappings
from ...choices import IngestMethod
from ...files import RowFile
from ...models import Source
from ...records.file_import import RecordImportReport, import_records
from ...records.kinds import definition_of, registered_kinds
from ...records.mappings import resolve_records
from ..file_command import FileCommand


class Command(FileCommand):
    help = "Bring a CSV or Parquet file of records in. Safe to run again: known records are not taken twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--kind", required=True, choices=sorted(registered_kinds()), help="what the rows are")

    def mapping(self, options: dict[str, Any]) -> mappings.Mapping:
        _source(options)
        return resolve_records(definition_of(options["kind"]), options["mapping"] or mappings.OWN_FORMAT)

    def load(self, actor: User, file: RowFile, options: dict[str, Any], **more: Any) -> RecordImportReport:
        source, kind = _source(options), options["kind"]
        return import_records(actor=actor, source=source, kind=kind, file=file, method=IngestMethod.FILE, **more)

    def result(self, report: RecordImportReport) -> dict[str, Any]:
        return report.as_json()

    def write(self, report: RecordImportReport) -> None:
        for name, value in report.as_json().items():
            if isinstance(value, int | float):
                self.stdout.write(f"{name.replace('_', ' '):>19}  {value:,}")
        for reason, number in report.reasons.most_common():
            self.stdout.write(f"{'held back':>19}  {number:,} x {reason}")
        self.write_footer(report.layout)


def _source(options: dict[str, Any]) -> Source:
    source = Source.objects.filter(slug=options["source"]).first()
    if source is None:
        raise CommandError(f"There is no source {options['source']}. Make it in the administration, or by the API.")
    return source
