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
from finobs.core.refusals import refusal_text
from finobs.core.text import visible

from .. import mappings
from ..file_names import plain_file_name
from ..files import CsvOptions, FileLayout, RowFile, open_rows
from ..services import MAX_BATCH_SIZE


class FileCommand(BaseCommand):
    """A subclass says which mapping, what loads the rows into which source, and what of its report is written."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        self.add_source_arguments(parser)
        parser.add_argument("--delimiter", default="", help="of a CSV file; found if not said")
        parser.add_argument(
            "--encoding", default="", help="of a CSV file, such as windows-1252; UTF-8 and UTF-16 are found"
        )
        parser.add_argument("--no-header", action="store_true", help="the first line is a row; columns are #1, #2, ...")
        parser.add_argument("--actor", default="", metavar="EMAIL", help="who imports; finobs itself if not said")
        parser.add_argument("--batch-size", type=int, default=MAX_BATCH_SIZE)
        parser.add_argument("--json", action="store_true", help="end with one JSON object")
        parser.add_argument("--no-progress", action="store_true")

    def add_source_arguments(self, parser: ArgumentParser) -> None:
        """Whose rows they are, and how they are read."""
        parser.add_argument("--source", required=True, help="slug of the source of the transactions")
        parser.add_argument("--mapping", default="", help=f"{', '.join(mappings.NAMED_MAPPINGS)}, JSON, or a JSON file")

    def mapping(self, options: dict[str, Any]) -> mappings.Mapping:
        """What to read with. Nothing is made here: the file has not been looked at."""
        raise NotImplementedError

    def load(self, actor: User, file: RowFile, options: dict[str, Any], **more: Any) -> Any:
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
            raise CommandError(refusal_text(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(self.result(report)))
        else:
            self.write(report)

    def run(self, *, file: Path, batch_size: int, **options: Any) -> Any:
        if not 1 <= batch_size <= MAX_BATCH_SIZE:
            raise CommandError(f"--batch-size must be 1 to {MAX_BATCH_SIZE}.")
        if not file.is_file():
            raise CommandError(f"There is no file {visible(str(file))}.")
        actor = _named_actor(options["actor"])
        name = plain_file_name(file.name)
        mapping = self.mapping(options)
        csv_options = CsvOptions(options["delimiter"], options["encoding"], has_header=not options["no_header"])
        with file.open("rb") as stream:
            rows = open_rows(stream, name, mapping, csv_options)
            self.show(rows.layout)
            with tqdm(total=rows.total, unit=" rows", disable=options["no_progress"], file=sys.stderr) as bar:
                # Made when there is something to do, and not before.
                actor = actor or system_actor("import")
                options["path"] = file
                return self.load(actor, rows, options, file_name=name, batch_size=batch_size, progress=bar.update)

    def show(self, layout: FileLayout) -> None:
        """How the file is read, before it is: whoever sees that it is wrong can stop it."""
        for line in layout.in_words():
            self.stderr.write(visible(line))

    def write_footer(self, layout: FileLayout | None) -> None:
        """What stands below the last row, known only once that was read."""
        if layout and layout.lines_below:
            self.stdout.write(visible(layout.in_words()[-1]))


def _named_actor(email: str) -> User | None:
    if not email:
        return None
    actor = User.objects.filter(email_key=address_key(email)).first()
    if actor is None:
        raise CommandError(f"There is nobody with the address {email}.")
    return actor
