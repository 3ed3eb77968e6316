#!/usr/bin/env python
"""Django's command line for finobs. Without DJANGO_SETTINGS_MODULE it runs in embedded mode."""

import os
import signal
import sys
from types import FrameType


def terminate(number: int, _frame: FrameType | None) -> None:
    """End as a process that a signal has ended; whatever is open in the database is rolled back."""
    sys.exit(128 + number)


def main() -> None:
    # A command that is number 1 of its container is deaf to SIGTERM unless it handles it. Those that go on for ever
    # put a handler of their own in its place.
    signal.signal(signal.SIGTERM, terminate)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finobs.settings.local")
    from django.core.management import execute_from_command_line

    from finobs.core import context
    from finobs.core.logs.exceptions import excepthook

    sys.excepthook = excepthook
    # All that one command does is known by one id.
    with context.request():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
