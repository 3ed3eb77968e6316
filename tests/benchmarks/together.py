"""Every benchmark in one go, each in a process of its own: one that fails, or fills the memory, spoils no other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from django.conf import settings

# Seconds: the longest takes some minutes on two cores.
MAX_DURATION: Final = 3_600.0

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


def run_child(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """`manage.py` with these arguments, in this environment."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=settings.BASE_DIR, timeout=MAX_DURATION, check=False
    )


def reports(names: Iterable[str], options: Sequence[str] = (), run: Run = run_child) -> Iterator[dict[str, Any]]:
    """The report of each benchmark; of one that failed {"bench", "failed": why}. The others still run.

    options: of the command, for all of them: such as ("--repeat", "1").
    """
    for name in names:
        try:
            yield _report(run(["bench", name, "--json", *options]))
        except Exception as error:  # whatever it was, the next one runs
            yield {"bench": name, "failed": f"{type(error).__name__}: {error}"}


def _report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    if done.returncode:
        raise RuntimeError(_last_line(done.stderr) or f"exit status {done.returncode}")
    report: dict[str, Any] = json.loads(_last_line(done.stdout))
    return report


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]
