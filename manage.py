#!/usr/bin/env python
"""Django's command line for finobs. Without DJANGO_SETTINGS_MODULE it runs in embedded mode."""

import os
import sys


def main() -> None:
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
