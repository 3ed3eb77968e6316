"""`manage.py seed_demo`: the demo's people, queues, rules and transactions. Run again, it adds what is missing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from finobs.core.errors import FinobsError


class Command(BaseCommand):
    help = (
        "Load demo data through the same services as everything else. SEED_TRANSACTIONS, DEMO_CUSTOMERS, DEMO_DAYS "
        "and SEED say what bank is made; DEMO_DATA and DEMO_MAPPING take a file instead. Safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        from ... import data, users

        try:
            data.seed(self.stdout.write)
        except FinobsError as refused:
            raise CommandError(refused.detail) from None
        self.stdout.write(users.introduction())
