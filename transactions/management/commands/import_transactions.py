"""manage.py import_transactions FILE --source SLUG: a CSV or Parquet file, ingested as every row is."""

from __future__ import annotations

import json
import resource
import sys
from argparse import ArgumentParser
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from finobs.accounts.models import User

from ... import mappings
from ...choices import IngestMethod
from ...deliveries.file_delivery import FileDelivery, file_delivery
from ...file_import import ImportReport, SourceMaker, import_file
from ...files import RowFile
from ...models import Source
from ...services import source_create
from ..file_command import FileCommand


class Command(FileCommand):
    preset: mappings.NamedMapping | None
    help = "Bring a CSV or Parquet file of transactions in. Safe to run again: known rows are not taken twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--create-source", action="store_true", help="make the source if there is none")
        parser.add_argument("--delivery", type=date.fromisoformat, metavar="DATE", help="the business date it is for")
        parser.add_argument("--schedule", default="", help="name of the delivery schedule, where there are several")
        parser.add_argument("--control-rows", type=int, help="how many rows its sender says it has")
        parser.add_argument(
            "--control-sum", action="append", default=[], metavar="EUR=1234.50", help="what they add up to; repeat it"
        )
        parser.add_argument("--currency", default="", help="default currency of a source made here")

    def mapping(self, options: dict[str, Any]) -> mappings.Mapping:
        """The one that is named, else the source's own, else finobs's."""
        source = _source(options)
        if source is not None and options["currency"]:
            raise CommandError(f"--currency is for a source that is made, and there is a source {source.slug} already.")
        text = options["mapping"] or (json.dumps(source.mapping) if source and source.mapping else "finobs")
        mapping, self.preset = mappings.resolve(text)
        if source is None and not (options["create_source"] or (self.preset and self.preset.source_name)):
            raise CommandError(f"There is no source {options['source']}. Add --create-source to make it.")
        return mapping.for_source(source.attributes if source else {})

    def load(self, actor: User, file: RowFile, options: dict[str, Any], **more: Any) -> ImportReport:
        source: Source | SourceMaker | None = _source(options)
        if source is None:
            preset = self.preset
            currency = options["currency"] or (preset.default_currency if preset else "")
            name = (preset and preset.source_name) or options["source"]
            source = partial(source_create, actor=actor, slug=options["source"], name=name, default_currency=currency)
        delivery = self._delivery(actor, options)
        receive = delivery.receive if delivery is not None else lambda _: None
        report = import_file(actor=actor, source=source, file=file, method=IngestMethod.FILE, receive=receive, **more)
        if delivery is not None:
            ended = delivery.end(options["path"], report.received)
            self.stderr.write(f"{ended}: {ended.get_state_display().lower()}")
        return report

    def _delivery(self, actor: User, options: dict[str, Any]) -> FileDelivery | None:
        path: Path = options["path"]
        delivery = file_delivery(
            actor, _source(options), path.name, schedule=options["schedule"], business_date=options["delivery"]
        )
        if delivery is not None:
            delivery.announce(options["control_rows"], options["control_sum"])
        elif options["control_rows"] is not None or options["control_sum"]:
            raise CommandError("Control totals are of a delivery: name its business date by --delivery.")
        return delivery

    def result(self, report: ImportReport) -> dict[str, Any]:
        return report.as_json() | {"peak_rss_mb": _peak_rss_mb()}

    def write(self, report: ImportReport) -> None:
        for name, value in self.result(report).items():
            if isinstance(value, int | float):
                self.stdout.write(f"{name.replace('_', ' '):>19}  {value:,}")
        for reason, number in report.reasons.most_common():
            self.stdout.write(f"{'held back':>19}  {number:,} x {reason}")
        self.write_footer(report.layout)


def _source(options: dict[str, Any]) -> Source | None:
    return Source.objects.filter(slug=options["source"]).first()


def _peak_rss_mb() -> float:
    # Linux counts kilobytes, macOS bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
