"""How long work says how far it is."""

from __future__ import annotations

from typing import Protocol


class ProgressCallback(Protocol):
    """Called often; `step` in words. May raise, which stops the work."""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None: ...


def no_progress(step: str, done: int = 0, total: int = 0) -> None:
    """For work that nobody watches."""
