"""Libraries report to their vendors unless told not to: told here, before any of them is imported.

Every process loads its settings first. Set, not defaulted: an installation that handles payments must not be one
forgotten variable away from telling somebody outside what it runs.
"""

from __future__ import annotations

import os
from typing import Final

TELEMETRY_OFF: Final = {
    # onnxruntime 1.29 and newer, on Linux too: an uploader, an SQLite file and a device id in the home folder, made by
    # the import alone. Its disable_telemetry_events() comes too late for those (its Privacy.md says so).
    "ORT_DISABLE_TELEMETRY": "1",
    # What several libraries have agreed upon (consoledonottrack.com).
    "DO_NOT_TRACK": "1",
    # langsmith, under both of its names: prompts hold what a case holds.
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # OpenTelemetry's exporters look for a collector on this machine unless one is named.
    "OTEL_SDK_DISABLED": "true",
}


def silence() -> None:
    """Turn off what libraries tell their vendors, in this process and its children."""
    os.environ.update(TELEMETRY_OFF)
