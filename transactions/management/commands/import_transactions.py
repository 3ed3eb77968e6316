"""manage.py import_transactions FILE --source SLUG: a CSV or Parquet file, through the same door as everything."""

from __future__ import annotations

import json
import resource
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core.errors import FinobsError

from ... import mappings
from ...choices import IngestMethod
from ...file_import import ImportReport, import_file
from ...files import open_rows
from ...models import Source
from ...services import MAX_BATCH_SIZE, source_create


class Command(BaseCommand):
    help = "Bring a CSV or Parquet file of transactions in. Safe to run again: known rows are not taken twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="slug of the source")
        parser.add_argument("--create-source", action="store_true", help="make the source if there is none")
        parser.add_argument("--mapping", default="", help=f"{', '.join(mappings.NAMED_MAPPINGS)}, JSON, or a JSON file")
        parser.add_argument("--currency", default="", help="default currency of a source made here")
        parser.add_argument("--delimiter", default=",", help="of a CSV file")
        parser.add_argument("--actor", default="", metavar="EMAIL", help="who imports; finobs itself if not said")
        parser.add_argument("--batch-size", type=int, default=MAX_BATCH_SIZE)
        parser.add_argument("--json", action="store_true", help="end with one JSON object")
        parser.add_argument("--no-progress", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self.run(**options)
        except FinobsError as refused:
            raise CommandError(refused.detail) from None
        result = report.as_json() | {"peak_rss_mb": _peak_rss_mb()}
        if options["json"]:
            self.stdout.write(json.dumps(result))
            return
        for name, value in result.items():
            self.stdout.write(f"{name.replace('_', ' '):>16}  {value:,}")

    def run(self, *, file: Path, batch_size: int, delimiter: str, **options: Any) -> ImportReport:
        if not 1 <= batch_size <= MAX_BATCH_SIZE:
            raise CommandError(f"--batch-size must be 1 to {MAX_BATCH_SIZE}.")
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        actor = self.actor(options["actor"])
        source, mapping = self.source(actor, options)
        with file.open("rb") as stream:
            rows = open_rows(stream, file.name, mapping, delimiter)
            with tqdm(total=rows.total, unit=" rows", disable=options["no_progress"], file=sys.stderr) as bar:
                return import_file(
                    actor=actor, source=source, file=rows, method=IngestMethod.FILE, file_name=file.name,
                    batch_size=batch_size, progress=bar.update,
                )  # fmt: skip

    def actor(self, email: str) -> User:
        if not email:
            return system_actor("import")
        try:
            return User.objects.get_by_natural_key(email)
        except User.DoesNotExist:
            raise CommandError(f"There is nobody with the address {email}.") from None

    def source(self, actor: User, options: dict[str, Any]) -> tuple[Source, mappings.Mapping]:
        """The source and the mapping to read with; a source of a mapping that names one is made when missing."""
        source = Source.objects.filter(slug=options["source"]).first()
        said = options["mapping"] or (json.dumps(source.mapping) if source and source.mapping else "finobs")
        mapping, named = mappings.resolve(said)
        if source is None:
            if not (options["create_source"] or (named and named.source_name)):
                raise CommandError(f"There is no source {options['source']}. Add --create-source to make it.")
            source = source_create(
                actor=actor, slug=options["source"], name=(named and named.source_name) or options["source"],
                default_currency=options["currency"] or (named.default_currency if named else ""),
            )  # fmt: skip
        return source, mapping


def _peak_rss_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
