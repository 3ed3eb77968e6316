from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from finobs.core.clock import EPOCH
from finobs.core.errors import FinobsError
from finobs.core.refusals import refusal_text
from transactions.mappings import resolve

from ...evaluation.split import Split
from ...ml.metrics import METRIC_NAMES


class Command(BaseCommand):
    help = "How well detection would have done on a file of labelled transactions; the database is not touched."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="Parquet or CSV, with at least 37 days before the training days")
        for name in ("train-from", "train-to", "test-from", "test-to"):
            parser.add_argument(f"--{name}", type=date.fromisoformat, required=True, help="a day, YYYY-MM-DD")
        parser.add_argument("--label-delay-days", type=int, default=7, help="until a label is known")
        parser.add_argument("--supervised-days", type=int, default=28, help="that the supervised model learns from")
        parser.add_argument("--mapping", default="handbook", help="name, JSON or file")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        from ...evaluation.loader import load_rows
        from ...evaluation.run import check, evaluate

        first, last, test_first, test_last = (
            (options[name] - EPOCH).days for name in ("train_from", "train_to", "test_from", "test_to")
        )
        split = Split(first, last, test_first, test_last, options["label_delay_days"], options["supervised_days"])
        try:
            check(split)
            rows = load_rows(options["file"], resolve(options["mapping"])[0], split.delay)
            report = evaluate(rows, split, options["seed"], self.report)
        except FinobsError as error:
            raise CommandError(refusal_text(error)) from error
        self.stdout.write(json.dumps(report) if options["json"] else _table(report))

    def report(self, text: str) -> None:
        self.stderr.write(text)


def _table(report: dict[str, Any]) -> str:
    counts = "{train:,} rows to learn from, {test:,} judged, {test_frauds:,} of them frauds".format(**report["rows"])
    lines = [counts, "", " " * 18 + "".join(f"{name.replace('_half_percent', '_0.5%'):>20}" for name in METRIC_NAMES)]
    for name, values in report["results"].items():
        lines.append(f"{name:<18}" + "".join(f"{values[each]:>20.3f}" for each in METRIC_NAMES))
    return "\n".join(lines)
