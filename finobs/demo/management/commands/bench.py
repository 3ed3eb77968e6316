"""`manage.py bench NAME [--size N] [--repeat N] --json`: the one home of benchmarks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

if TYPE_CHECKING:
    from tests.benchmarks.registry import Benchmark


class Command(BaseCommand):
    help = "Run a benchmark on a throw-away database and report medians. Without a name: list them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="Which benchmark.")
        parser.add_argument("--size", type=int, help="How much work: rows, events, cases.")
        parser.add_argument("--repeat", type=int, help="How many runs, each on a new database.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *, name: str | None, size: int | None, repeat: int | None, **options: Any) -> None:

        # Not with the command: no worker loads it.
        from tests.benchmarks import registry

        benchmarks = registry.registered()
        if name is None:
            for each in benchmarks.values():
                self.stdout.write(f"{each.name:24} {each.help} (--size {each.size} --repeat {each.repeat})")
            return
        if name not in benchmarks:
            raise CommandError(f"There is no benchmark {name!r}. There are: {', '.join(benchmarks) or 'none'}.")
        if (size is not None and size < 1) or (repeat is not None and repeat < 1):
            raise CommandError("--size and --repeat must be at least 1.")
        benchmark = benchmarks[name]
        result = self._run(benchmark, size or benchmark.size, repeat or benchmark.repeat)
        if options["json"]:
            self.stdout.write(json.dumps(result))
            return
        for key, value in result.items():
            self.stdout.write(f"{key:>24}  {value}")

    def _run(self, benchmark: Benchmark, size: int, repeat: int) -> dict[str, Any]:
        from tests.benchmarks import registry

        runs = []
        for number in range(repeat):
            self.stderr.write(f"{benchmark.name}: run {number + 1} of {repeat}, size {size}")
            with registry.throwaway_database(f"_{number}") as server:
                runs.append((server, registry.measure(benchmark, size)))
        return registry.report(benchmark, size, [figures for _, figures in runs], runs[0][0])
