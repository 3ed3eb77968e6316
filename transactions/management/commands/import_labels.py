"""manage.py import_labels FILE --source SLUG: what became known of transactions after they came in."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError

from finobs.accounts.models import User
from finobs.core.text import visible

from ... import mappings
from ...file_import import LabelImportReport, import_labels
from ...files import RowFile
from ...models import Source
from ..file_command import FileCommand


class Command(FileCommand):
    help = "Bring a CSV or Parquet file of labels in. Safe to run again: known labels are not taken twice."

    def mapping(self, options: dict[str, Any]) -> mappings.Mapping:
        return mappings.resolve_labels(options["mapping"] or _mapping_of(_source(options)))

    def load(self, actor: User, file: RowFile, options: dict[str, Any], **more: Any) -> LabelImportReport:
        return import_labels(actor=actor, source=_source(options), file=file, **more)

    def result(self, report: LabelImportReport) -> dict[str, Any]:
        return report.as_json()

    def write(self, report: LabelImportReport) -> None:
        for name in ("received", "accepted", "corrected", "duplicate", "refused"):
            self.stdout.write(f"{name:>10}  {getattr(report, name):,}")
        for refusal in report.refusals:
            self.stderr.write(visible(f"row {refusal['row']}: {refusal['reason']}: {refusal['detail']}"))
        self.write_footer(report.layout)


def _source(options: dict[str, Any]) -> Source:
    source = Source.objects.filter(slug=options["source"]).first()
    if source is None:
        raise CommandError(f"There is no source {options['source']}.")
    return source


def _mapping_of(source: Source) -> str:
    """The source's own mapping where it says something of labels, else finobs's."""
    return json.dumps(source.mapping) if source.mapping.get("is_suspicious") else "finobs"
