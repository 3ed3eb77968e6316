"""What is logged, by whom and how."""

from __future__ import annotations

from typing import Any

# Faults go to standard error, where whatever runs the process keeps them. Django's default would tell nobody.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "outage": {"()": "finobs.core.logs.outages.OutageFilter"},
        "request_id": {"()": "finobs.core.logs.lines.RequestIdFilter"},
    },
    "formatters": {
        "line": {
            "()": "finobs.core.logs.lines.LineFormatter",
            "format": "{asctime} {levelname} {request_id} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["outage", "request_id"]}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # What people are refused is no fault of the program.
        "django.request": {"level": "ERROR"},
        # Statements come with their values.
        "django.db.backends": {"level": "WARNING"},
        # Tasks received and done, with their ids.
        "celery.worker": {"level": "INFO"},
        "celery.app.trace": {"level": "INFO"},
        # Its own lines about a connection come before finobs's, and with the address of each try.
        "celery.worker.consumer.connection": {"level": "WARNING"},
    },
}
