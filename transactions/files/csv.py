"""CSV, line by line: a broken row costs itself only, where pyarrow loses it and csv.reader all after an open quote."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import BinaryIO, Final

from finobs.core.errors import Invalid

from ..choices import QuarantineReason
from ..columns import RowFields, fit_to_header
from ..mappings import Mapping
from ..quarantine_format import is_quarantine_file, unescaped
from ..row_faults import RowFault, printable, quoted
from ..row_validation import RawRow
from .encoding import encoding_of, text_if_other
from .footer import Footer
from .header import MAX_EXCERPT, Header, find_header
from .lines import MAX_LINE_BYTES, Lines, line_count
from .row_file import FileLayout, RowFile

# A quoted field may hold line breaks; an unclosed quote must not swallow the file.
MAX_RECORD_LINES: Final = 100
HEAD_BYTES: Final = 64 * 1024
# Totals and legal text below a table; more is no footer, but a file that went wrong.
MAX_FOOTER_LINES: Final = 20

# The module stops at 128 kB; that a field is too long is for the validator to say, in its own words.
csv.field_size_limit(MAX_LINE_BYTES)


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """What is said of a CSV file; what is left out is found, and named in its layout.

    delimiter: one character. encoding: as Python knows it. has_header: False where columns are named by numbers.
    """

    delimiter: str = ""
    encoding: str = ""
    has_header: bool = True


def csv_rows(stream: BinaryIO, mapping: Mapping, options: CsvOptions) -> RowFile:
    """Rows of a CSV file. Raises Invalid for one that cannot be read, or that lacks columns."""
    if options.delimiter and (len(options.delimiter) != 1 or options.delimiter in '"\r\n'):
        raise Invalid("The delimiter must be one character.")
    total = line_count(stream)
    encoding = encoding_of(stream.read(HEAD_BYTES), options.encoding)
    lines = Lines(stream, encoding)
    header = find_header(lines, mapping, options.delimiter, has_header=options.has_header)
    fit = fit_to_header(mapping, header.names)
    layout = FileLayout(
        "CSV", encoding.name, header.delimiter, header.line, unused_columns=fit.unused, lines_above=header.above
    )
    rows = _CsvRows(lines, header, fit.mapping, RowFields(fit), fit.names)
    return RowFile(_without_footer(rows, layout), max(total - header.line, 0), layout, frozenset(fit.mapping.sources))


class _WidthFault(RowFault):
    """A record that can be read and has too many columns, or too few."""


class _CsvRows:
    """The rows below the header, each with whether it could be a line of a footer, and its text."""

    def __init__(self, lines: Lines, header: Header, mapping: Mapping, fields: RowFields, names: Sequence[str]) -> None:
        self.lines, self.delimiter, self.names, self.fields = lines, header.delimiter, names, fields
        self.width, self.footer = len(names), Footer(mapping, names)
        self.is_escaped = mapping.is_own_format and is_quarantine_file(names)

    def __iter__(self) -> Iterator[tuple[RawRow, bool]]:
        while line := self.lines.next():
            if not line.strip():
                continue
            try:
                values, raw = self.record(line)
            except RowFault as fault:
                yield self.faulty(line, fault)
                continue
            fields, problem = self.fields.of(self.unescaped(values))
            yield RawRow(fields, self.lines.original(raw), problem), self.footer.may_have(values)

    def record(self, line: bytes) -> tuple[list[str], bytes]:
        """The values of the record that begins with `line`. Raises RowFault; then only this line is spent."""
        if b'"' not in line:
            values = self.text(line, self.lines.number).rstrip("\r\n").split(self.delimiter)
            self.check_width(values, self.lines.number)
            return values, line
        number, more, raw = self.lines.number, list[bytes](), line
        while raw.count(b'"') % 2 and len(more) < MAX_RECORD_LINES and (following := self.lines.next()):
            more.append(following)
            raw += following
        try:
            # Lines end as csv says they do; str.splitlines would end them at other marks, within a text, too.
            text = StringIO(self.text(raw, number), newline="")
            values = next(csv.reader(text, delimiter=self.delimiter, strict=True))
            if rest := text.read():
                # A quote within a field (5" pipe) opens nothing: the lines after it are rows of their own.
                raw = self.return_rest(rest, line, more, number)
            self.check_width(values, number)
        except csv.Error as error:
            self.lines.put_back(more)
            raise RowFault(QuarantineReason.MALFORMED, f"Line {number} is not valid CSV: {error}.") from None
        except RowFault:
            self.lines.put_back(more)
            raise
        return values, raw

    def unescaped(self, values: list[str]) -> list[str]:
        """As they were before the quarantine kept them from being formulas; of any other file, as they stand."""
        return [unescaped(value) for value in values] if self.is_escaped else values

    def return_rest(self, rest: str, line: bytes, more: list[bytes], number: int) -> bytes:
        """Put lines of `more` back that are not of the record, which has left `rest`; the bytes of the record."""
        count = 0
        while rest and count < len(more) and rest.endswith(last := self.text(more[-1 - count], number)):
            rest, count = rest[: -len(last)], count + 1
        if rest:
            raise RowFault(QuarantineReason.MALFORMED, f"Line {number} has a line end outside of quotes.")
        own, back = more[: len(more) - count], more[len(more) - count :]
        self.lines.put_back(back)
        # Should its width be wrong, what is left of it is put back after them.
        more[:] = own
        return line + b"".join(own)

    def text(self, raw: bytes, number: int) -> str:
        try:
            return raw.decode(self.lines.codec)
        except UnicodeDecodeError as error:
            excerpt = raw[error.start : error.start + 8].hex(" ")
            name = "UTF-8" if self.lines.codec == "utf-8" else self.lines.encoding.name
            detail = f"Line {number} is not valid {name} from byte {error.start + 1} on ({excerpt})."
            if name == "UTF-8" and (other := text_if_other(raw)):
                word = next((each for each in other.split(self.delimiter) if not each.isascii()), "").strip('"\r\n ')
                detail += f" As Windows-1252 it reads {quoted(word)}; then import it with --encoding windows-1252."
            raise RowFault(QuarantineReason.ENCODING, detail) from None

    def check_width(self, values: list[str], number: int) -> None:
        if len(values) == self.width:
            return
        begin = quoted(self.delimiter.join(values[:3])[:80])
        first = f"; {self.names[len(values)]} is the first that is missing" if len(values) < self.width else ""
        raise _WidthFault(
            QuarantineReason.MALFORMED,
            f"Line {number} has {len(values)} columns, the header has {self.width}{first}. It begins {begin}.",
        )

    def faulty(self, line: bytes, fault: RowFault) -> tuple[RawRow, bool]:
        """With the fields as far as they can be read, for whoever corrects it."""
        text = line.decode(self.lines.codec, "replace").rstrip("\r\n")
        try:
            values = next(csv.reader(StringIO(text, newline=""), delimiter=self.delimiter), [])
        except csv.Error:
            values = []
        fields = self.fields.of([*self.unescaped(values), *[""] * self.width][: self.width])[0] if values else {}
        # Only a whole record of one column is words; a broken one is a row.
        may_be_footer = isinstance(fault, _WidthFault) and len(values) == 1 and self.footer.may_be(values[0])
        return RawRow(fields, self.lines.original(line), fault), may_be_footer


def _without_footer(rows: _CsvRows, layout: FileLayout) -> Iterator[RawRow]:
    """The rows without the lines below the last of them, which the layout names before that last one is handed out.

    Which lines may be such: `Footer`. Within the table they are rows.
    """
    last: RawRow | None = None
    waiting: list[RawRow] = []
    for row, may_be_footer in rows:
        if may_be_footer and last is not None and len(waiting) < MAX_FOOTER_LINES:
            waiting.append(row)
            continue
        for each in (last, *waiting):
            if each is not None:
                yield each
        waiting, last = [], row
    layout.lines_below = [printable(row.raw.decode(layout.encoding, "replace").strip(), MAX_EXCERPT) for row in waiting]
    if last is not None:
        yield last
