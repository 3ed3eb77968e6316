"""A file that is, or is part of, a delivery: which one, and what is said of it while the file comes in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from finobs.accounts.models import User
from finobs.core.errors import Invalid

from ..choices import RowStatus
from ..models import Delivery, DeliverySchedule, Source
from ..services import IngestResult, delivery_announce, delivery_end, delivery_open, delivery_receive
from .business_days import date_of_file


@dataclass(slots=True)
class FileDelivery:
    """Counts the batches of one file for its delivery."""

    actor: User
    delivery: Delivery

    def announce(self, rows: int | None, sums: Iterable[str]) -> None:
        """Control totals as an operator writes them: sums as EUR=1234.50. Nothing where neither is said."""
        amounts = control_sums(sums)
        if rows is None and amounts:
            raise Invalid("Control sums go with a number of rows.")
        if rows is not None:
            delivery_announce(actor=self.actor, delivery=self.delivery, rows=rows, sums=amounts)

    def receive(self, result: IngestResult) -> None:
        """Of one batch, in its transaction."""
        duplicates = [
            row.transaction_id
            for row in result.rows
            if row.status == RowStatus.DUPLICATE and row.transaction_id is not None
        ]
        delivery_receive(actor=self.actor, delivery=self.delivery, batch=result.batch, duplicates=duplicates)

    def end(self, path: Path, rows: int) -> Delivery:
        """The file has been read to its end."""
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").digest()
        return delivery_end(
            actor=self.actor, delivery=self.delivery, file_name=path.name, file_digest=digest, rows=rows
        )


def control_sums(texts: Iterable[str]) -> Mapping[str, str]:
    sums: dict[str, str] = {}
    for text in texts:
        currency, mark, amount = text.partition("=")
        if not mark or currency in sums:
            raise Invalid(f"{text[:40]!r} is no control sum such as EUR=1234.50, or repeats a currency.")
        sums[currency] = amount
    return sums


def file_delivery(
    actor: User, source: Source | None, file_name: str, *, schedule: str = "", business_date: date | None = None
) -> FileDelivery | None:
    """The delivery that a file is for: the one that is named, or the one whose files are called so; None for none.

    Raises Invalid where what is named cannot be told, or several schedules call their files so.
    """
    rows = DeliverySchedule.objects.filter(source=source, is_active=True).order_by("name") if source else ()
    schedules = [each for each in rows if not schedule or each.name == schedule]
    if business_date is None and not schedule:
        dated = {each: day for each in schedules if (day := date_of_file(each.file_pattern, file_name))}
        if len(dated) > 1:
            names = ", ".join(each.name for each in dated)
            raise Invalid(f"{file_name} may be of several schedules ({names}): name one by --schedule.")
        return next((_opened(actor, each, day) for each, day in dated.items()), None)
    if len(schedules) != 1:
        names = ", ".join(each.name for each in rows) or "none"
        raise Invalid(f"Name one active schedule of the source by --schedule. It has: {names}.")
    business_date = business_date or date_of_file(schedules[0].file_pattern, file_name)
    if business_date is None:
        raise Invalid(f"Name the business date by --delivery: the name {file_name} does not say it.")
    return _opened(actor, schedules[0], business_date)


def _opened(actor: User, schedule: DeliverySchedule, business_date: date) -> FileDelivery:
    return FileDelivery(actor, delivery_open(actor=actor, schedule=schedule, business_date=business_date))
