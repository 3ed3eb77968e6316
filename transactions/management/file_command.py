"""What the commands that bring a file in share: its arguments, its rows with a progress bar, and who imports."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from finobs.accounts.addresses import address_key
from finobs.accounts.models import User
from finobs.accounts.system import system_actor
from finobs.core.errors import FinobsError

from .. import mappings
from ..files import open_rows
from ..models import Source
from ..services import MAX_BATCH_SIZE


class FileCommand(BaseCommand):
    """A subclass says which source and mapping, what loads the rows, and what of its report is written."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="slug of the source of the transactions")
        parser.add_argument("--mapping", default="", help=f"{', '.join(mappings.NAMED_MAPPINGS)}, JSON, or a JSON file")
        parser.add_argument("--delimiter", default=",", help="of a CSV file")
        parser.add_argument("--actor", default="", metavar="EMAIL", help="who imports; finobs itself if not said")
        parser.add_argument("--batch-size", type=int, default=MAX_BATCH_SIZE)
        parser.add_argument("--json", action="store_true", help="end with one JSON object")
        parser.add_argument("--no-progress", action="store_true")

    def source(self, actor: User, options: dict[str, Any]) -> tuple[Source, mappings.Mapping]:
        raise NotImplementedError

    def load(self, **rows: Any) -> Any:
        raise NotImplementedError

    def result(self, report: Any) -> dict[str, Any]:
        """What --json ends with."""
        raise NotImplementedError

    def write(self, report: Any) -> None:
        """The report for people."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self.run(**options)
        except FinobsError as error:
            raise CommandError(error.detail) from None
        if options["json"]:
            self.stdout.write(json.dumps(self.result(report)))
        else:
            self.write(report)

    def run(self, *, file: Path, batch_size: int, delimiter: str, **options: Any) -> Any:
        if not 1 <= batch_size <= MAX_BATCH_SIZE:
            raise CommandError(f"--batch-size must be 1 to {MAX_BATCH_SIZE}.")
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        actor = _actor(options["actor"])
        source, mapping = self.source(actor, options)
        with file.open("rb") as stream:
            rows = open_rows(stream, file.name, mapping, delimiter)
            with tqdm(total=rows.total, unit=" rows", disable=options["no_progress"], file=sys.stderr) as bar:
                return self.load(
                    actor=actor, source=source, file=rows, file_name=file.name, batch_size=batch_size,
                    progress=bar.update,
                )  # fmt: skip


def _actor(email: str) -> User:
    if not email:
        return system_actor("import")
    actor = User.objects.filter(email_key=address_key(email)).first()
    if actor is None:
        raise CommandError(f"There is nobody with the address {email}.")
    return actor
