"""What the shell around every page needs: navigation by permission, and the counters in the header."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    return {}
