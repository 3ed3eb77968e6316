"""An import reports its own alerts and incidents, whatever was there before and whatever comes in meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cases.models import Incident, Queue
from detection.choices import Typology
from detection.models import Alert
from finobs.accounts.models import User
from tests import factories
from transactions.choices import IngestMethod
from transactions.file_import import ImportReport, import_file
from transactions.files import RowFile
from transactions.models import Source
from transactions.row_validation import RawRow

pytestmark = pytest.mark.django_db
LARGE, SMALL = "12500.00", "12.50"


def rows(*amounts: str, account: str, first: int = 1) -> Iterator[RawRow]:
    for number, amount in enumerate(amounts, first):
        yield RawRow(
            {
                "external_id": f"{account}-{number}", "account": account, "counterparty": "M-1", "amount": amount,
                "occurred_at": "2026-03-02T12:00:00Z", "currency": "USD",
            }
        )  # fmt: skip


class Importing:
    """Imports into two sources, each with alerts of two accounts."""

    def __init__(self, actor: User) -> None:
        self.actor, self.own, self.other = actor, factories.source("own"), factories.source("other")

    def load(
        self, source: Source, *files: Iterator[RawRow], meanwhile: Callable[[], None] = lambda: None
    ) -> ImportReport:
        content = RowFile((row for each in files for row in each), total=0)
        return import_file(
            actor=self.actor, source=source, file=content, method=IngestMethod.FILE, file_name="rows.csv",
            batch_size=2, progress=lambda _: meanwhile(),
        )  # fmt: skip


@pytest.fixture
def importing(superuser: User, queue: Queue) -> Importing:
    queue.typologies = [Typology.LARGE_AMOUNT]
    queue.save()
    factories.rule_version()
    return Importing(superuser)


def test_alerts_and_incidents_of_an_earlier_import_are_not_counted(importing: Importing) -> None:
    first = importing.load(importing.other, rows(LARGE, LARGE, account="B-1"), rows(LARGE, account="B-2"))
    second = importing.load(importing.own, rows(LARGE, SMALL, account="A-1"), rows(LARGE, LARGE, account="A-2"))
    assert (first.alerts, first.incidents) == (3, 2)
    assert (second.alerts, second.incidents) == (3, 2)
    assert (Alert.objects.count(), Incident.objects.count()) == (6, 4)


def test_alerts_and_incidents_that_another_import_makes_meanwhile_are_not_counted(importing: Importing) -> None:
    numbers = iter(range(100))

    def meanwhile() -> None:
        for account in ("B-1", f"B-2-{next(numbers)}"):
            importing.load(importing.other, rows(LARGE, account=account, first=next(numbers)))

    report = importing.load(
        importing.own, rows(LARGE, SMALL, LARGE, account="A-1"), rows(LARGE, account="A-2"), meanwhile=meanwhile
    )
    assert (report.alerts, report.incidents) == (3, 2)
    assert Alert.objects.count() > 3 + 3


def test_an_incident_that_another_import_opened_is_not_counted_by_the_one_that_joins_it(importing: Importing) -> None:
    importing.load(importing.own, rows(LARGE, account="A-1"))
    report = importing.load(importing.own, rows(LARGE, account="A-1", first=2), rows(LARGE, account="A-2"))
    assert (report.alerts, report.incidents) == (2, 1)
    assert Incident.objects.get(account__external_id="A-1").alert_count == 2


def test_importing_the_same_rows_again_counts_nothing(importing: Importing) -> None:
    importing.load(importing.own, rows(LARGE, LARGE, account="A-1"))
    report = importing.load(importing.own, rows(LARGE, LARGE, account="A-1"))
    assert (report.duplicate, report.alerts, report.incidents) == (2, 0, 0)
