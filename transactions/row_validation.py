"""One validator for every row: pure functions from a raw row to a normalised one, or to the reason why not.

Measured at about 12 microseconds a row, digest included, on one core.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from .attributes import Attribute, declared
from .choices import Direction, QuarantineReason
from .date_formats import iso_moment
from .identifiers import is_nothing
from .row_details import (
    DETAIL_FIELDS,
    NO_DETAILS,
    RowDetails,
    country_code,
    in_capitals,
    parties_digest,
    read_details,
    unknown_fields,
)
from .row_faults import MAX_PRINTABLE, MAX_QUOTED, RowFault, missing, not_text, printable, quoted
from .row_values import BOOLEANS, MAX_LENGTHS, amount, text

__all__ = [
    "BOOLEANS", "MAX_LENGTHS", "MAX_PRINTABLE", "MAX_QUOTED", "RawRow", "RowFault", "RowLabel", "RowReader", "ValidRow",
    "amount", "printable", "quoted", "text", "timestamp_text",
]  # fmt: skip

if TYPE_CHECKING:
    from .models import Source

LABEL_FIELDS = ("is_suspicious", "typology", "label_known_at")
ROW_FIELDS = frozenset(MAX_LENGTHS) | frozenset(LABEL_FIELDS) | frozenset(DETAIL_FIELDS)
# A row of these alone has no details.
PLAIN_FIELDS = ROW_FIELDS - frozenset(DETAIL_FIELDS)
DIRECTIONS = {
    "": Direction.OUT.value, "out": Direction.OUT.value, "debit": Direction.OUT.value,
    "in": Direction.IN.value, "credit": Direction.IN.value,
}  # fmt: skip
MIN_OCCURRED_AT = datetime(1970, 1, 1, tzinfo=UTC)
MAX_AHEAD = timedelta(hours=24)
# A row may say when its label will be known: data for experiments assumes a delay (`plus_days`). A label that comes by
# itself may not (`labels_add`).
MAX_LABEL_DELAY = timedelta(days=366)


@dataclass(slots=True)
class RawRow:
    """A row before it is validated. `raw` is what came; empty, it is written from what came when it is needed.

    columns: the values that came, where a mapping has made the fields of them.
    fields: field name -> text, whole number or nothing (of Parquet an aware or naive datetime too).
    fault: what is known to be wrong with it before its fields are read (broken line, invalid UTF-8), or since.
    reading: what its fields were read as, if they have been.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes = b""
    fault: RowFault | None = None
    columns: Mapping[str, Any] | None = None
    reading: ValidRow | None = None


class RowLabel(NamedTuple):
    is_suspicious: bool
    typology: str
    known_at: datetime


class ValidRow(NamedTuple):
    """A row that holds, with its digest. salt: under which the digest says who pays whom, where the row does."""

    external_id: str
    account: str
    counterparty: str
    occurred_at: datetime
    amount_minor: int
    currency: str
    direction: str
    channel: str
    country: str
    memo: str
    digest: bytes
    label: RowLabel | None
    details: RowDetails = NO_DETAILS
    salt: bytes = b""
    body: tuple[str, str] = ("", "")

    def is_same(self, digest: bytes, salt: bytes | None) -> bool:
        """Whether this is the content of a row with that digest. `salt`: of that row, where it says who pays whom."""
        if self.digest == digest or self.details.parties is None or not salt:
            return self.digest == digest
        return _salted_digest(self.body, self.details, salt) == digest


# Of fields whose values come again and again, each is read once.
REPEATED_FIELDS = (
    "account", "counterparty", "currency", "channel", "direction", "country", "typology", "method",
    "counterparty_country", "originator_country", "beneficiary_country",
)  # fmt: skip
MAX_REPEATED_TEXTS = 200_000
# By field: what each value was read as. Of a typed number the type counts, too (`amounts.NumberText`).
RepeatedTexts = dict[str, dict[tuple[str, int], str]]


class RowReader:
    """Reads the rows of one source at one moment. `texts`: what has been read already, for rows that come after."""

    def __init__(
        self, *, slug: str, default_currency: str, time_zone: str, now: datetime, texts: RepeatedTexts | None = None,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> None:  # fmt: skip
        self.texts = {} if texts is None else texts
        for name in REPEATED_FIELDS:
            self.texts.setdefault(name, {})
        self.slug, self.attributes = encode_basestring(slug), attributes or {}
        self.default_currency = default_currency
        self.zone: tzinfo = UTC if time_zone == "UTC" else ZoneInfo(time_zone)
        self.now = now
        self.latest = now + MAX_AHEAD

    @classmethod
    def of(cls, source: Source, now: datetime, texts: RepeatedTexts | None = None) -> RowReader:
        """For the rows of a source."""
        return cls(
            slug=source.slug, default_currency=source.default_currency, time_zone=source.time_zone, now=now,
            texts=texts, attributes=declared(source.attributes),
        )  # fmt: skip

    def read_ahead(self, rows: Sequence[RawRow]) -> None:
        """Read rows now, so that `read` need only answer: with the present moment as it is here, not as it is then."""
        for row in rows:
            try:
                row.reading = self.read(row)
            except RowFault as fault:
                row.fault = fault

    def read(self, raw: RawRow) -> ValidRow:
        """The normalised row. Raises RowFault."""
        if raw.reading:
            return raw.reading
        if raw.fault:
            raise raw.fault
        fields = raw.fields
        is_plain = fields.keys() <= PLAIN_FIELDS
        if not is_plain and (unknown := unknown_fields(fields, ROW_FIELDS, self.attributes)):
            names = ", ".join(map(quoted, unknown[:5]))
            raise RowFault(QuarantineReason.UNKNOWN_FIELD, f"finobs knows no field named {names}.")
        external_id = text(fields, "external_id") or missing("external_id", fields.get("external_id"))
        account = self.text(fields, "account") or missing("account", fields.get("account"))
        occurred_at = self.moment(fields.get("occurred_at"), "occurred_at")
        currency = in_capitals(
            self.text(fields, "currency", 40) or self.default_currency or missing("currency", fields.get("currency"))
        )
        amount_minor = amount(fields.get("amount"), currency)
        counterparty, channel = self.text(fields, "counterparty"), self.text(fields, "channel")
        direction = DIRECTIONS.get(self.text(fields, "direction").lower())
        if direction is None:
            raise RowFault(
                QuarantineReason.DIRECTION, f"direction is {quoted(fields['direction'])}; it must be in or out."
            )
        country, memo = country_code(fields, "country", self.text), text(fields, "memo")
        details = NO_DETAILS if is_plain else read_details(fields, currency, self.attributes, self.text)
        attributes, balance, counterparty_country, method = details.fragments
        body = (
            f'{{"account":{encode_basestring(account)},"amount_minor":"{amount_minor}",{attributes}{balance}'
            f'"channel":{encode_basestring(channel)},"counterparty":{encode_basestring(counterparty)},'
            f'{counterparty_country}"country":"{country}","currency":"{currency}","direction":"{direction}",'
            f'"external_id":{encode_basestring(external_id)},"memo":{encode_basestring(memo)},{method}'
            f'"occurred_at":"{timestamp_text(occurred_at)}",',
            f'"source":{self.slug}}}',
        )
        row = ValidRow(
            external_id, account, counterparty, occurred_at, amount_minor, currency, direction, channel, country,
            memo, b"" if details.parties else hashlib.sha256((body[0] + body[1]).encode()).digest(),
            self.label(fields), details,
        )  # fmt: skip
        return row if details.parties is None else _salted(row, body)

    def text(self, fields: Mapping[str, Any], name: str, limit: int = 0) -> str:
        """As `row_values.text`, which is asked once for each value."""
        value = fields.get(name)
        if not isinstance(value, str):
            return text(fields, name, limit)
        texts, key = self.texts[name], (value, getattr(value, "max_exact", 0))
        result = texts.get(key)
        if result is None:
            if len(texts) >= MAX_REPEATED_TEXTS:
                texts.clear()
            result = texts[key] = text(fields, name, limit)
        return result

    def moment(self, value: Any, name: str) -> datetime:
        """An aware time within what can be true. Local times are read in the source's zone."""
        if isinstance(value, datetime):
            at = value
        else:
            if not isinstance(value, str):
                not_text(value, name)
            at = _iso(value.strip(), name)
        if at.tzinfo is None:
            at = self._local(at, name)
        if at.tzinfo is not UTC:
            try:
                at = at.astimezone(UTC)
            except OverflowError:
                raise RowFault(QuarantineReason.DATE, f"{name} is {quoted(value)}, outside any calendar.") from None
        if at < MIN_OCCURRED_AT:
            raise RowFault(QuarantineReason.DATE, f"{name} is {quoted(value)}, before 1970.")
        if at > self.latest and name == "occurred_at":
            raise RowFault(QuarantineReason.DATE, f"{name} is {quoted(value)}, more than 24 hours in the future.")
        return at

    def _local(self, naive: datetime, name: str) -> datetime:
        """A time on the source's clock. One that occurs twice (clocks set back) is the first; one skipped is none."""
        local = naive.replace(tzinfo=self.zone)
        if self.zone is UTC:
            return local
        try:
            back = local.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None)
        except OverflowError:
            raise RowFault(QuarantineReason.DATE, f"{name} is {naive}, outside any calendar.") from None
        if back != naive:
            raise RowFault(QuarantineReason.DATE, f"{name} is {naive}, which clocks in {self.zone} skipped that day.")
        return local

    def label(self, fields: Mapping[str, Any]) -> RowLabel | None:
        value = fields.get("is_suspicious")
        if is_nothing(value):
            return None
        truth = BOOLEANS.get(str(value).strip().lower())
        if truth is None:
            raise RowFault(QuarantineReason.LABEL, f"is_suspicious is {quoted(value)}; it must be true or false.")
        since = fields.get("label_known_at")
        known_at = self.now if is_nothing(since) else self.moment(since, "label_known_at")
        if known_at > self.now + MAX_LABEL_DELAY:
            raise RowFault(QuarantineReason.DATE, f"label_known_at is {known_at:%Y-%m-%d}: nobody knows it yet.")
        return RowLabel(truth, self.text(fields, "typology"), known_at)


def timestamp_text(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds and Z."""
    # As ledger.services.timestamp writes it (a test holds them together), several times as quick.
    return at.isoformat(timespec="microseconds")[:-6] + "Z"


def _salted(row: ValidRow, body: tuple[str, str]) -> ValidRow:
    """The row with a salt of its own, under which its digest says who pays whom."""
    salt = secrets.token_bytes(32)
    return row._replace(digest=_salted_digest(body, row.details, salt), salt=salt, body=body)


def _salted_digest(body: tuple[str, str], details: RowDetails, salt: bytes) -> bytes:
    # Between occurred_at and source, where the order of canonical JSON has it.
    parties = f'"parties":"{parties_digest(details.parties or {}, salt)}",'
    return hashlib.sha256(f"{body[0]}{parties}{body[1]}".encode()).digest()


def _iso(value: str, name: str) -> datetime:
    if is_nothing(value):
        missing(name, value)
    try:
        return iso_moment(value)
    except ValueError as error:
        raise RowFault(QuarantineReason.DATE, f"{name} is {quoted(value)}{error}") from None
