"""CSV, line by line: a broken row costs itself only, where pyarrow loses it and csv.reader all after an open quote."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from io import StringIO
from operator import itemgetter
from typing import BinaryIO

from finobs.core.errors import Invalid

from ..choices import QuarantineReason
from ..mappings import Mapping, fit_to_header
from ..row_validation import RawRow, RowFault, quoted
from .row_file import RowFile

MAX_LINE_BYTES = 64 * 1024 * 1024
# A quoted field may hold line breaks; an unclosed quote must not swallow the file.
MAX_RECORD_LINES = 100
# The first bytes of what people upload by mistake: the answer names it, instead of a complaint about columns.
FOREIGN_SIGNATURES = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK": "a ZIP archive or a spreadsheet",
    b"\x1f\x8b": "gzip",
}

# The module stops at 128 kB; that a field is too long is for the validator to say, in its own words.
csv.field_size_limit(MAX_LINE_BYTES)


def csv_rows(stream: BinaryIO, mapping: Mapping, delimiter: str = ",") -> RowFile:
    """Rows of a CSV file with a header line, UTF-8 with or without a byte order mark. Raises Invalid."""
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise Invalid("The delimiter must be one character.")
    total = _lines(stream)
    lines = _Lines(stream)
    header = _header(lines, delimiter)
    return RowFile(_rows(lines, header, fit_to_header(mapping, header), delimiter), max(total - 1, 0))


def _lines(stream: BinaryIO) -> int:
    count, last = 0, b"\n"
    while block := stream.read(1 << 20):
        count += block.count(b"\n")
        last = block
    stream.seek(0)
    return count + (not last.endswith(b"\n"))


class _Lines:
    """Lines of the file with their numbers; some can be put back."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.number, self.back = stream, 0, deque[bytes]()

    def next(self) -> bytes:
        self.number += 1
        if self.back:
            return self.back.popleft()
        line = self.stream.readline(MAX_LINE_BYTES)
        if len(line) == MAX_LINE_BYTES:
            raise Invalid(f"Line {self.number:,} is longer than {MAX_LINE_BYTES:,} bytes: this is no CSV file.")
        return line

    def put_back(self, lines: list[bytes]) -> None:
        self.back.extendleft(reversed(lines))
        self.number -= len(lines)


def _header(lines: _Lines, delimiter: str) -> list[str]:
    line = lines.next()
    for start, kind in FOREIGN_SIGNATURES.items():
        if line.startswith(start):
            raise Invalid(f"The file is {kind}, not CSV in UTF-8.")
    try:
        text = line.decode("utf-8-sig")
        header = [name.strip() for name in next(csv.reader([text], delimiter=delimiter, strict=True))]
    except (ValueError, csv.Error, StopIteration):
        raise Invalid("The first line is no readable header of column names in UTF-8.") from None
    if len(set(header)) != len(header):
        raise Invalid(f"A column name stands twice in the header: {', '.join(header[:30])}.")
    return header


def _rows(lines: _Lines, header: list[str], mapping: Mapping, delimiter: str) -> Iterator[RawRow]:
    sources = [(name, source) for name, source in mapping.sources.items() if source.column]
    constants = {name: source.value for name, source in mapping.sources.items() if not source.column}
    translate = mapping.translator()
    names = tuple(name for name, _ in sources)
    positions = [header.index(source.column) for _, source in sources]
    # itemgetter answers one index with the value itself, not with a tuple of it.
    pick = itemgetter(*positions) if len(positions) > 1 else lambda values: [values[index] for index in positions]
    while line := lines.next():
        if not line.strip():
            continue
        try:
            values, raw = _record(lines, line, delimiter, len(header))
        except RowFault as fault:
            yield RawRow(raw=line, fault=fault)
            continue
        fields = dict(zip(names, pick(values), strict=True)) | constants
        yield RawRow(fields, raw, translate(fields))


def _record(lines: _Lines, line: bytes, delimiter: str, width: int) -> tuple[list[str], bytes]:
    """The values of the record that begins with `line`. Raises RowFault; then only this line is spent."""
    if b'"' not in line:
        values = _text(line, lines.number).rstrip("\r\n").split(delimiter)
        _check_width(values, width, lines.number)
        return values, line
    number, more, raw = lines.number, list[bytes](), line
    while raw.count(b'"') % 2 and len(more) < MAX_RECORD_LINES and (following := lines.next()):
        more.append(following)
        raw += following
    try:
        # Lines end as csv says they do; str.splitlines would end them at other marks, within a text, too.
        values = next(csv.reader(StringIO(_text(raw, number), newline=""), delimiter=delimiter, strict=True))
        _check_width(values, width, number)
    except csv.Error as error:
        lines.put_back(more)
        raise RowFault(QuarantineReason.MALFORMED, f"Line {number} is not valid CSV: {error}.") from None
    except RowFault:
        lines.put_back(more)
        raise
    return values, raw


def _text(raw: bytes, number: int) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        excerpt = raw[error.start : error.start + 8].hex(" ")
        raise RowFault(
            QuarantineReason.ENCODING, f"Line {number} is not valid UTF-8 from byte {error.start + 1} on ({excerpt})."
        ) from None


def _check_width(values: list[str], width: int, number: int) -> None:
    if len(values) != width:
        begin = quoted(",".join(values[:3])[:80])
        raise RowFault(
            QuarantineReason.MALFORMED,
            f"Line {number} has {len(values)} columns, the header has {width}. It begins {begin}.",
        )
