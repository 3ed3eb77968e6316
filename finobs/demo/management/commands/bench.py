"""`manage.py bench NAME [--size N] [--repeat N] --json`: the one home of benchmarks. `bench all` runs every one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

if TYPE_CHECKING:
    from tests.benchmarks.registry import Benchmark

ALL = "all"


class Command(BaseCommand):
    help = "Run a benchmark on a throw-away database and report medians. Without a name: list them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help=f"Which benchmark; {ALL}: every one, as one JSON object.")
        parser.add_argument("--size", type=int, help="How much work: rows, events, cases.")
        parser.add_argument("--repeat", type=int, help="How many runs, each on a new database.")
        parser.add_argument("--fill", action="store_true", help="Of ingest: fill the window first (ingest_filled).")
        parser.add_argument(
            "--kind", choices=["case", "incident"], help="Of take_next: what is taken (incident: take_next_incident)."
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *, name: str | None, size: int | None, repeat: int | None, **options: Any) -> None:

        # Not with the command: no worker loads it.
        from tests.benchmarks import registry

        benchmarks = registry.registered()
        if options["fill"] and name in (None, ALL):
            raise CommandError("--fill is of one benchmark: bench ingest --fill. bench all has it too.")
        if options["kind"] and name != "take_next":
            raise CommandError("--kind is of one benchmark: bench take_next --kind incident. bench all has both.")
        if name is None:
            for each in benchmarks.values():
                self.stdout.write(f"{each.name:24} {each.help} (--size {each.size} --repeat {each.repeat})")
            return
        if (size is not None and size < 1) or (repeat is not None and repeat < 1):
            raise CommandError("--size and --repeat must be at least 1.")
        if name == ALL:
            self._run_all(list(benchmarks), size, repeat)
            return
        if options["fill"]:
            name = f"{name}_filled"
        if options["kind"] == "incident":
            name = f"{name}_incident"
        if name not in benchmarks:
            raise CommandError(f"There is no benchmark {name!r}. There are: {', '.join(benchmarks) or 'none'}.")
        benchmark = benchmarks[name]
        result = self._run(benchmark, size or benchmark.size, repeat or benchmark.repeat)
        if options["json"]:
            self.stdout.write(json.dumps(result))
            return
        for key, value in result.items():
            self.stdout.write(f"{key:>24}  {value}")

    def _run_all(self, names: list[str], size: int | None, repeat: int | None) -> None:
        """One JSON object with all reports; the exit status is not zero where any failed."""
        from tests.benchmarks import together

        numbers = {"--size": size, "--repeat": repeat}
        options = [word for name, value in numbers.items() if value for word in (name, str(value))]
        reports = []
        for report in together.reports(names, options):
            reports.append(report)
            self.stderr.write(f"{report['bench']}: {report.get('failed', 'done')} ({len(reports)} of {len(names)})")
        self.stdout.write(json.dumps({"benchmarks": reports}))
        if failed := [report["bench"] for report in reports if "failed" in report]:
            raise CommandError(f"{len(failed)} of {len(names)} failed: {', '.join(failed)}.")

    def _run(self, benchmark: Benchmark, size: int, repeat: int) -> dict[str, Any]:
        from tests.benchmarks import registry

        runs = []
        for number in range(repeat):
            self.stderr.write(f"{benchmark.name}: run {number + 1} of {repeat}, size {size}")
            with registry.throwaway_database(f"_{number}") as server:
                runs.append((server, registry.measure(benchmark, size)))
        return registry.report(benchmark, size, [figures for _, figures in runs], runs[0][0])
