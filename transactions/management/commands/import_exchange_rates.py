"""manage.py import_exchange_rates FILE: rates of exchange, from CSV or Parquet."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from finobs.accounts.models import User
from finobs.core.text import visible

from ... import mappings
from ...files import RowFile
from ...rate_import import RateImportReport, import_rates
from ...rate_rows import rate_mapping
from ..file_command import FileCommand


class Command(FileCommand):
    help = "Bring a CSV or Parquet file of exchange rates in. Safe to run again: known rates are not taken twice."

    def add_source_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--published-by",
            default="",
            help="who published the rates, such as ECB, for a file without a column source",
        )

    def mapping(self, options: dict[str, Any]) -> mappings.Mapping:
        return rate_mapping(options["published_by"])

    def load(self, actor: User, file: RowFile, options: dict[str, Any], **more: Any) -> RateImportReport:
        return import_rates(actor=actor, file=file, **more)

    def result(self, report: RateImportReport) -> dict[str, Any]:
        return report.as_json()

    def write(self, report: RateImportReport) -> None:
        for name in ("received", "accepted", "duplicate", "refused"):
            self.stdout.write(f"{name:>10}  {getattr(report, name):,}")
        for refusal in report.refusals:
            self.stderr.write(visible(f"row {refusal['row']}: {refusal['reason']}: {refusal['detail']}"))
        self.write_footer(report.layout)
