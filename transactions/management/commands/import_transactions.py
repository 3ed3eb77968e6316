"""manage.py import_transactions FILE --source SLUG: a CSV or Parquet file, ingested as every row is."""

from __future__ import annotations

import json
import resource
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from finobs.accounts.models import User

from ... import mappings
from ...choices import IngestMethod
from ...file_import import ImportReport, import_file
from ...models import Source
from ...services import source_create
from ..file_command import FileCommand


class Command(FileCommand):
    help = "Bring a CSV or Parquet file of transactions in. Safe to run again: known rows are not taken twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--create-source", action="store_true", help="make the source if there is none")
        parser.add_argument("--currency", default="", help="default currency of a source made here")

    def load(self, **rows: Any) -> ImportReport:
        return import_file(method=IngestMethod.FILE, **rows)

    def result(self, report: ImportReport) -> dict[str, Any]:
        return report.as_json() | {"peak_rss_mb": _peak_rss_mb()}

    def write(self, report: ImportReport) -> None:
        for name, value in self.result(report).items():
            self.stdout.write(f"{name.replace('_', ' '):>16}  {value:,}")

    def source(self, actor: User, options: dict[str, Any]) -> tuple[Source, mappings.Mapping]:
        """The source and the mapping to read with; a source of a mapping that names one is made when missing."""
        source = Source.objects.filter(slug=options["source"]).first()
        text = options["mapping"] or (json.dumps(source.mapping) if source and source.mapping else "finobs")
        mapping, preset = mappings.resolve(text)
        if source is None:
            if not (options["create_source"] or (preset and preset.source_name)):
                raise CommandError(f"There is no source {options['source']}. Add --create-source to make it.")
            source = source_create(
                actor=actor, slug=options["source"], name=(preset and preset.source_name) or options["source"],
                default_currency=options["currency"] or (preset.default_currency if preset else ""),
            )  # fmt: skip
        return source, mapping


def _peak_rss_mb() -> float:
    # Linux counts kilobytes, macOS bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
