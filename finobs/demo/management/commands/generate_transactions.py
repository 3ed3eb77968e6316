"""`manage.py generate_transactions --out FILE.csv`: generated transactions as a file, in bounded memory."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from finobs.core import clock
from finobs.settings import env

ROWS_PER_WRITE = 50_000
Row = dict[str, str | None]


class Command(BaseCommand):
    help = "Write generated, labelled transactions to a CSV or Parquet file. The same options give the same file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", required=True, type=Path, help="FILE.csv or FILE.parquet")
        parser.add_argument("--size", type=int, default=env.SEED_TRANSACTIONS, help="rows (%(default)s)")
        parser.add_argument("--accounts", type=int, default=env.SEED_ACCOUNTS, help="accounts (%(default)s)")
        parser.add_argument("--days", type=int, default=env.SEED_DAYS, help="days (%(default)s)")
        parser.add_argument("--seed", type=int, default=env.SEED, help="seed (%(default)s)")
        parser.add_argument("--end", type=date.fromisoformat, help="the day after the last one (today)")

    def handle(self, *, out: Path, size: int, accounts: int, days: int, seed: int, **options: Any) -> None:
        from ...generator import Plan, generate

        writers = {".csv": _write_csv, ".parquet": _write_parquet}
        if out.suffix not in writers:
            raise CommandError("--out must end in .csv or .parquet")
        if size < 1 or accounts < 10 or days < 7 or seed < 0:
            raise CommandError("at least 1 row, 10 accounts, 7 days, and a seed of 0 or more")
        plan = Plan(size, accounts, days, seed, options["end"] or clock.now().date())
        rows = tqdm(generate(plan), total=size, unit=" rows", file=self.stderr, disable=None)
        writers[out.suffix](out, iter(rows))
        self.stdout.write(f"{size} transactions of {accounts} accounts over {days} days to {plan.end}: {out}")


def _write_csv(out: Path, rows: Iterator[Row]) -> None:
    from ...generator import GENERATED_FIELDS

    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, GENERATED_FIELDS)
        writer.writeheader()
        writer.writerows(rows)


def _write_parquet(out: Path, rows: Iterator[Row]) -> None:
    import pyarrow
    import pyarrow.parquet

    from ...generator import GENERATED_FIELDS

    schema = pyarrow.schema([(name, pyarrow.string()) for name in GENERATED_FIELDS])
    with pyarrow.parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        while chunk := list(islice(rows, ROWS_PER_WRITE)):
            writer.write_table(pyarrow.Table.from_pylist(chunk, schema))
