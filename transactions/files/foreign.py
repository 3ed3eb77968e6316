"""What people bring that is no table of transactions: it is refused by its name, with what to do.

Recognised by the first bytes, for a name says little: half of the files called .xls are web pages.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from finobs.core.errors import Invalid

SAVE_AS_CSV: Final = "Open it in a spreadsheet, save the sheet as “CSV UTF-8”, and bring that in."
UNPACK: Final = "Unpack it, and bring in the CSV or Parquet file inside."
ASK_FOR_CSV: Final = "Ask the bank for its CSV export, or convert it to CSV."
EXPORT: Final = "Export the table as CSV or Parquet, and bring that in."


class ForeignFormat(NamedTuple):
    """A beginning (a regular expression over bytes), what has it, and what to do with such a file."""

    begin: bytes
    name: str
    advice: str


FOREIGN_FORMATS: Final = tuple(
    ForeignFormat(*each)
    for each in (
        (rb"PK\x03\x04(?s:.*)(?:\[Content_Types\]\.xml|xl/)", "an Excel workbook (.xlsx)", SAVE_AS_CSV),
        (rb"PK\x03\x04(?s:.{26,40})mimetypeapplication/vnd\.oasis", "an OpenDocument spreadsheet (.ods)", SAVE_AS_CSV),
        (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "a ZIP archive", UNPACK),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", SAVE_AS_CSV),
        (rb"\x1f\x8b", "compressed with gzip (.gz)", UNPACK),
        (rb"BZh[1-9]", "compressed with bzip2 (.bz2)", UNPACK),
        (rb"\xfd7zXZ\x00", "compressed with xz (.xz)", UNPACK),
        (rb"\x28\xb5\x2f\xfd", "compressed with Zstandard (.zst)", UNPACK),
        (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
        (rb"Rar!\x1a", "a RAR archive", UNPACK),
        (rb"%PDF-", "a PDF document", ASK_FOR_CSV),
        (rb"\{\\rtf", "an RTF document", ASK_FOR_CSV),
        (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\x00|MM\x00\*", "a picture", ASK_FOR_CSV),
        (rb"ARROW1\x00|FEA1\x00", "an Arrow or Feather file", EXPORT),
        (rb"Obj\x01", "an Avro file", EXPORT),
        (rb"ORC[\x00-\x08\x0e-\x1f\x80-\xff]", "an ORC file", EXPORT),
        (rb"SQLite format 3\x00", "an SQLite database", EXPORT),
        (rb"\x89HDF\r\n", "an HDF5 file", EXPORT),
        (rb"\x80[\x02-\x05](?:\x95|c|\})", "a Python pickle", EXPORT),
        (rb"\s*OFXHEADER|\s*(?:<\?[^>]*>\s*)*<OFX", "an OFX statement", ASK_FOR_CSV),
        (rb"\s*!(?:Type|Account|Option)", "a QIF statement", ASK_FOR_CSV),
        (rb"\s*(?:\{1:F|:20:|:940:)", "an MT940 statement (SWIFT)", ASK_FOR_CSV),
        (rb"\s*(?:<(?s:.){0,2000}?)camt\.05[0-9]", "an ISO 20022 statement (camt.053, XML)", ASK_FOR_CSV),
        (rb"\s*(?:<(?s:.){0,2000}?)pain\.00[0-9]", "an ISO 20022 payment order (pain, XML)", ASK_FOR_CSV),
        (rb"\s*(?i:<!doctype html|<html|<table|<meta|<head)", "a web page (HTML), whatever its name says", SAVE_AS_CSV),
        (rb"\s*<\?xml|\s*<[A-Za-z!][^,;\t|]*>(?!\s*[,;\t|])", "an XML document", ASK_FOR_CSV),
        (rb'\s*(?:\[\s*)?\{\s*(?:"|\})', "JSON", "Send it to POST /api/v1/transactions, or convert it to CSV."),
    )
)  # fmt: skip
_BEGINNINGS: Final = tuple(re.compile(each.begin) for each in FOREIGN_FORMATS)


def refuse_foreign(head: bytes) -> None:
    """Raise Invalid for the first bytes of a file (without a byte order mark) of a format that finobs does not read."""
    for each, begin in zip(FOREIGN_FORMATS, _BEGINNINGS, strict=True):
        if begin.match(head):
            raise Invalid(f"The file is {each.name}: finobs reads CSV and Parquet. {each.advice}")
