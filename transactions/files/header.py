"""Where the table of a CSV file begins, and what parts its columns: the line that has the columns of the mapping.

Statements have lines above the header; spreadsheets write `sep=;`. Nothing is guessed from words: the header is the
first line in which every column stands that the mapping needs, and what is above it is named.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Final

from finobs.core.errors import Invalid

from ..columns import fit_to_header, missing_columns
from ..mappings import Mapping
from ..row_faults import printable
from .encoding import text_if_other
from .lines import Lines

DELIMITERS: Final = (",", ";", "\t", "|")
MAX_LINES_TO_HEADER: Final = 60
# A name of a column may hold a line break; a quote that nothing closes must not take the file for one.
MAX_HEADER_LINES: Final = 5
MAX_EXCERPT: Final = 120
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)", re.IGNORECASE)
VALUE: Final = re.compile(r"[-+(]?[0-9][0-9 .,:/TZ+)-]*")


@dataclass(frozen=True, slots=True)
class Header:
    """names: of the columns. line: its number, 0 where there is none. above: lines before it, as they stand, cut."""

    names: list[str]
    delimiter: str
    line: int
    above: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Candidate:
    names: list[str]
    delimiter: str
    index: int
    length: int


def find_header(lines: Lines, mapping: Mapping, delimiter: str = "", *, has_header: bool = True) -> Header:
    """The header, after which `lines` stand at the first row. `delimiter`: if somebody says which; else it is found.

    Raises Invalid where no line has the columns, naming those that the likeliest has.
    """
    separator = _separator(lines)
    delimiters = (delimiter or separator,) if delimiter or separator else DELIMITERS
    if not has_header:
        return _without_header(lines, delimiters)
    read = _read(lines)
    best: tuple[int, int, _Candidate] | None = None
    for index in range(len(read)):
        candidates = [each for mark in delimiters if (each := _candidate(read, index, mark, lines))]
        # Of several that have all that is needed (columns by number), the one with the most columns parts them.
        ranked = [(missing_columns(mapping, each.names), -len(each.names), each) for each in candidates]
        nearest = min(ranked, key=lambda each: each[:2], default=None)
        if nearest is None:
            continue
        if nearest[0] == 0:
            return _header(lines, read, nearest[2], separator)
        if best is None or nearest[:2] < best[:2]:
            best = nearest
    raise _refusal(lines, read, mapping, best[2] if best else None)


def _separator(lines: Lines) -> str:
    """What a first line `sep=;` says, as spreadsheets write it and obey it."""
    first = lines.next()
    match = _SEPARATOR_LINE.fullmatch(first.decode(lines.codec, "replace").rstrip("\r\n"))
    if match:
        return match[1]
    lines.put_back([first])
    return ""


def _read(lines: Lines) -> list[bytes]:
    read: list[bytes] = []
    while len(read) < MAX_LINES_TO_HEADER and (line := lines.next()):
        read.append(line)
    lines.put_back(read)
    return read


def _candidate(read: list[bytes], index: int, delimiter: str, lines: Lines) -> _Candidate | None:
    """The line as names of columns, with those below that a quote in it takes in; None where it is no such line."""
    length = 1
    while b"".join(read[index : index + length]).count(b'"') % 2:
        length += 1
        if length > MAX_HEADER_LINES or index + length > len(read):
            return None
    try:
        text = b"".join(read[index : index + length]).decode(lines.codec)
        names = next(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return None
    return _Candidate([name.strip() for name in names], delimiter, index, length) if any(names) else None


def _header(lines: Lines, read: list[bytes], candidate: _Candidate, separator: str) -> Header:
    for _ in range(candidate.index + candidate.length):
        lines.next()
    above = [_excerpt(line, lines) for line in read[: candidate.index] if line.strip()]
    line = lines.number - candidate.length + 1
    return Header(candidate.names, candidate.delimiter, line, ([f"sep={separator}"] if separator else []) + above)


def _without_header(lines: Lines, delimiters: Sequence[str]) -> Header:
    read = _read(lines)
    first = next((index for index, line in enumerate(read) if line.strip()), 0)
    candidates = [_candidate(read, first, each, lines) for each in delimiters]
    widest = max((each for each in candidates if each), key=lambda each: len(each.names), default=None)
    if widest is None:
        raise Invalid("The first line of the file is no row of columns.")
    return Header([""] * len(widest.names), widest.delimiter, 0)


def _refusal(lines: Lines, read: list[bytes], mapping: Mapping, best: _Candidate | None) -> Invalid:
    """Why no line is the header, by the one that comes nearest."""
    start = lines.number
    first = next((index for index, line in enumerate(read) if line.strip()), 0)
    if undecodable := _undecodable(read[first], start + first + 1, lines):
        return undecodable
    if unclosed := _unclosed_quote(read[first], start + first + 1, lines):
        return unclosed
    if best is None:
        return Invalid(f"Line {start + first + 1} is no header of column names.")
    try:
        fit_to_header(mapping, best.names)
    except Invalid as error:
        detail = error.detail
    else:
        detail = "The file has no header that the mapping fits."
    where = f"Line {start + best.index + 1} was taken for the header. "
    if first == best.index and sum(bool(VALUE.fullmatch(name)) for name in best.names) > 1:
        where = (
            f"Line {start + best.index + 1} looks like a row, not like a header: if there is none, say --no-header and "
            'name columns by their numbers ("account": "#2"). '
        )
    return Invalid(f"{where}{detail}")


def _undecodable(line: bytes, number: int, lines: Lines) -> Invalid | None:
    try:
        line.decode(lines.codec)
    except UnicodeDecodeError as error:
        other = text_if_other(line) if lines.codec == "utf-8" else ""
        advice = (
            f" As Windows-1252 it reads {other.strip()[:MAX_EXCERPT]}: if that is right, say --encoding windows-1252."
        )
        return Invalid(
            f"Line {number}, which should be the header, is not {lines.encoding.name} from byte {error.start + 1} on."
            + (advice if other else "")
        )
    return None


def _unclosed_quote(line: bytes, number: int, lines: Lines) -> Invalid | None:
    text = line.decode(lines.codec, "replace").strip("\ufeff\r\n")
    if text.count('"') % 2 == 0:
        return None
    delimiter = max(DELIMITERS, key=text.count)
    column = text[: text.index('"')].count(delimiter) + 1 if text.count('"') == 1 else text.count(delimiter) + 1
    return Invalid(
        f'Line {number}, column {column}: the header has a quote (") that no other closes: {text[:MAX_EXCERPT]}'
    )


def _excerpt(line: bytes, lines: Lines) -> str:
    return printable(line.decode(lines.codec, "replace").strip(), MAX_EXCERPT)
