"""What whoever names a source is told that is not there, or not theirs: the same of both."""

from __future__ import annotations


def no_source(slug: str) -> str:
    return f"There is no source {slug[:40]!r}."
