"""Benchmarks: the modules beside this one register them; `manage.py bench NAME` runs them on a throw-away database.

A benchmark is a generator that takes a size, prepares what it needs, and yields how long each operation took:
seconds, or (seconds, items) where one operation handles many. What it returns is added to the report.

    @benchmark("seal", size=100_000, help="Seal pending events into the tree.")
    def seal(size: int) -> Timings:
        prepare(size)
        while True:
            started = perf_counter()
            sealed = seal_batch()
            if not sealed:
                return {"note": "one sealer"}
            yield perf_counter() - started, sealed
"""

from __future__ import annotations

import pkgutil
import resource
import statistics
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

Timing: TypeAlias = "float | tuple[float, int]"
Timings: TypeAlias = "Generator[Timing, None, Mapping[str, Any] | None]"


@dataclass(frozen=True, slots=True)
class Benchmark:
    name: str
    size: int
    repeat: int
    help: str
    run: Callable[[int], Timings]


_registry: dict[str, Benchmark] = {}


def benchmark(
    name: str, *, size: int = 10_000, repeat: int = 3, help: str = ""
) -> Callable[[Callable[[int], Timings]], Callable[[int], Timings]]:
    """Register a benchmark under `name` with its usual size and number of repeats."""

    def register(run: Callable[[int], Timings]) -> Callable[[int], Timings]:
        _registry[name] = Benchmark(name, size, repeat, help or (run.__doc__ or "").strip(), run)
        return run

    return register


def registered() -> dict[str, Benchmark]:
    """Every benchmark of this folder by name."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if not module.ispkg:
            import_module(f"{__package__}.{module.name}")
    return dict(sorted(_registry.items()))


def measure(bench: Benchmark, size: int) -> dict[str, Any]:
    """Run once. Rates count items over the time spent in operations, without preparation."""
    seconds, items, extra = [], 0, {}
    timings = bench.run(size)
    while True:
        try:
            timing = next(timings)
        except StopIteration as end:
            extra = dict(end.value or {})
            break
        spent, handled = timing if isinstance(timing, tuple) else (timing, 1)
        seconds.append(spent)
        items += handled
    if not seconds:
        raise RuntimeError(f"benchmark {bench.name} timed nothing")
    return {
        "p50_ms": percentile(seconds, 50) * 1000,
        "p95_ms": percentile(seconds, 95) * 1000,
        "p99_ms": percentile(seconds, 99) * 1000,
        "per_second": items / sum(seconds),
        "operations": len(seconds),
        **extra,
    }


def report(bench: Benchmark, size: int, runs: list[dict[str, Any]], database: str) -> dict[str, Any]:
    """Medians over the runs, in the shape every benchmark answers with."""
    return {
        "bench": bench.name, "size": size, "database": database, "repeat": len(runs),
        **_medians(runs), "peak_rss_mb": peak_rss_mb(),
    }  # fmt: skip


def _medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each number, also of those in mappings; anything else is the last run's."""
    merged: dict[str, Any] = {}
    for name, value in runs[-1].items():
        values = [run[name] for run in runs]
        if isinstance(value, Mapping):
            merged[name] = _medians(values)
        else:
            numeric = isinstance(value, int | float) and not isinstance(value, bool)
            merged[name] = _short(statistics.median(values)) if numeric else value
    return merged


def percentile(values: list[float], percent: int) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def peak_rss_mb() -> int:
    """The most memory this process has held, in MB (Linux counts it in kB, macOS in bytes)."""
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


@contextmanager
def throwaway_database(suffix: str = "") -> Iterator[str]:
    """A migrated database of its own in place of the default one, dropped at the end. Yields its vendor and version.

    Never the live one: on SQLite a temporary file, on PostgreSQL `finobs_bench_<process>` on the same server.
    """
    import os
    import tempfile
    from pathlib import Path

    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    live = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory(prefix="finobs-bench-") as folder:
        name = f"finobs_bench_{os.getpid()}{suffix}"
        is_file = connection.vendor == "sqlite"
        connection.settings_dict["TEST"]["NAME"] = str(Path(folder) / f"{name}.sqlite3") if is_file else name
        connection.settings_dict["TEST"]["MIGRATE"] = True
        ContentType.objects.clear_cache()  # ids of the database before this one
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield f"{connection.vendor} {'.'.join(map(str, connection.get_database_version()))}"
        finally:
            connection.close()
            connection.creation.destroy_test_db(live, verbosity=0)


def refresh_statistics() -> None:
    """What autovacuum does in PostgreSQL after rows came in; SQLite does nothing of the kind by itself."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _short(value: float) -> float | int:
    return round(value) if abs(value) >= 1000 else round(value, 3)
