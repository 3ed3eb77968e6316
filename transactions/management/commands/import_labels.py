"""manage.py import_labels FILE --source SLUG: what became known of transactions after they came in."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core.errors import FinobsError

from ... import mappings
from ...file_import import LabelImportReport, import_labels
from ...files import open_rows
from ...models import Source
from ...services import MAX_BATCH_SIZE


class Command(BaseCommand):
    help = "Bring a CSV or Parquet file of labels in. Safe to run again: known labels are not taken twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="slug of the source that brought the transactions in")
        parser.add_argument("--mapping", default="", help=f"{', '.join(mappings.NAMED_MAPPINGS)}, JSON, or a JSON file")
        parser.add_argument("--delimiter", default=",", help="of a CSV file")
        parser.add_argument("--actor", default="", metavar="EMAIL", help="who imports; finobs itself if not said")
        parser.add_argument("--batch-size", type=int, default=MAX_BATCH_SIZE)
        parser.add_argument("--json", action="store_true", help="end with one JSON object, refused rows included")
        parser.add_argument("--no-progress", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self.run(**options)
        except FinobsError as refused:
            raise CommandError(refused.detail) from None
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report)))
            return
        for name in ("received", "accepted", "corrected", "duplicate", "refused"):
            self.stdout.write(f"{name:>10}  {getattr(report, name):,}")
        for refusal in report.refusals:
            self.stderr.write(f"row {refusal['row']}: {refusal['reason']}: {refusal['detail']}")

    def run(self, *, file: Path, batch_size: int, delimiter: str, **options: Any) -> LabelImportReport:
        if not 1 <= batch_size <= MAX_BATCH_SIZE:
            raise CommandError(f"--batch-size must be 1 to {MAX_BATCH_SIZE}.")
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        source = Source.objects.filter(slug=options["source"]).first()
        if source is None:
            raise CommandError(f"There is no source {options['source']}.")
        mapping = mappings.resolve_labels(options["mapping"] or _of(source))
        with file.open("rb") as stream:
            rows = open_rows(stream, file.name, mapping, delimiter)
            with tqdm(total=rows.total, unit=" rows", disable=options["no_progress"], file=sys.stderr) as bar:
                return import_labels(
                    actor=_actor(options["actor"]), source=source, file=rows, file_name=file.name,
                    batch_size=batch_size, progress=bar.update,
                )  # fmt: skip


def _of(source: Source) -> str:
    """The source's own mapping where it says something of labels, else finobs's."""
    return json.dumps(source.mapping) if source.mapping.get("is_suspicious") else "finobs"


def _actor(email: str) -> User:
    if not email:
        return system_actor("import")
    found = User.objects.filter(email=email).first()
    if found is None:
        raise CommandError(f"There is nobody with the address {email}.")
    return found
