"""manage.py import_labels FILE --source SLUG: what became known of transactions after they came in."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from finobs.accounts.models import User

from ... import mappings
from ...file_import import LabelImportReport, import_labels
from ...models import Source
from ..file_command import FileCommand


class Command(FileCommand):
    help = "Bring a CSV or Parquet file of labels in. Safe to run again: known labels are not taken twice."

    def source(self, actor: User, options: dict[str, Any]) -> tuple[Source, mappings.Mapping]:
        source = Source.objects.filter(slug=options["source"]).first()
        if source is None:
            raise CommandError(f"There is no source {options['source']}.")
        return source, mappings.resolve_labels(options["mapping"] or _mapping_of(source))

    def load(self, **rows: Any) -> LabelImportReport:
        return import_labels(**rows)

    def result(self, report: LabelImportReport) -> dict[str, Any]:
        return asdict(report)

    def write(self, report: LabelImportReport) -> None:
        for name in ("received", "accepted", "corrected", "duplicate", "refused"):
            self.stdout.write(f"{name:>10}  {getattr(report, name):,}")
        for refusal in report.refusals:
            self.stderr.write(f"row {refusal['row']}: {refusal['reason']}: {refusal['detail']}")


def _mapping_of(source: Source) -> str:
    """The source's own mapping where it says something of labels, else finobs's."""
    return json.dumps(source.mapping) if source.mapping.get("is_suspicious") else "finobs"
