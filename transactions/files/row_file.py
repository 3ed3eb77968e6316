from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ..row_validation import RawRow

MAX_NAMED_LINES: Final = 20


@dataclass(slots=True)
class FileLayout:
    """How a file was read, so that whoever brings it in sees what was taken for what.

    header_line: its number; 0 where there is none. lines_above, lines_below: lines that are no rows, as they stand,
    cut; those below are complete once the last row was handed out. unused_columns: nothing is taken from them.
    """

    format: str
    encoding: str = ""
    delimiter: str = ""
    header_line: int = 0
    unused_columns: list[str] = field(default_factory=list)
    lines_above: list[str] = field(default_factory=list)
    lines_below: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Only what there is to say."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in values.items() if value}

    def facts(self) -> list[tuple[str, str]]:
        """What people should see of it: a label and a text each."""
        marks = {"\t": "tab", ",": "comma", ";": "semicolon", " ": "blank"}
        details = [self.encoding, f"separated by {marks.get(self.delimiter, self.delimiter)}" if self.delimiter else ""]
        if self.format == "CSV":
            details.append(f"header in line {self.header_line}" if self.header_line else "no header line")
        facts = [("Format", ", ".join(filter(None, (self.format, *details))))]
        for label, names in [
            ("Columns not used", self.unused_columns),
            ("Above the header, left out", self.lines_above),
            ("Below the rows, left out", self.lines_below),
        ]:
            if names:
                more = f" and {len(names) - MAX_NAMED_LINES:,} more" if len(names) > MAX_NAMED_LINES else ""
                separator = ", " if names is self.unused_columns else " / "
                facts.append((label, separator.join(names[:MAX_NAMED_LINES]) + more))
        return facts

    def in_words(self) -> list[str]:
        return [f"{label}: {text}" for label, text in self.facts()]


@dataclass(frozen=True, slots=True)
class RowFile:
    """The rows of a file, how many there are about (blank lines and lines within quotes count too), and how it is read.

    fields: those that the file, or a fixed value of the mapping, has; None where that is not known beforehand.
    """

    rows: Iterator[RawRow]
    total: int
    layout: FileLayout = field(default_factory=lambda: FileLayout("rows"))
    fields: frozenset[str] | None = None
